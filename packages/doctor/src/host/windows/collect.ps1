#requires -Version 5.1
<#
.SYNOPSIS
    Writes what the doctor of Sallyport needs to know of this machine into one JSON file.

.DESCRIPTION
    For Windows PowerShell 5.1 and PowerShell 7, with nothing but what Windows brings. Run it as administrator: without, some fields say why
    they could not be read, and the doctor answers "not known" for them.

    It changes no setting. It asks the machine's own time source for the time (three packets of SNTP), and the directory for the groups of
    the accounts that are named. secedit writes the rights of users to a file in the temporary folder, which is removed at once.
    The file holds no password and no key. Refused logons are written for the accounts that are named only, since people type passwords
    into the field for the name.

    NOT SEEN ON WINDOWS: written from Microsoft's pages, and read by a parser only. If a field is wrong, the doctor says which.

.PARAMETER Out
    The file to write, in UTF-8.
.PARAMETER User
    Accounts that were refused: CORP\alice, alice@corp.example or a local name.
.PARAMETER TimeServer
    A time source to compare the clock with, instead of the machine's own.

.EXAMPLE
    powershell -ExecutionPolicy Bypass -File collect.ps1 -User CORP\alice
    sallyport doctor host --windows facts.json --user CORP\alice
#>
[CmdletBinding()]
param(
    [string]$Out = 'facts.json',
    [string[]]$User = @(),
    [string]$TimeServer = ''
)

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$Invariant = [System.Globalization.CultureInfo]::InvariantCulture
# The 64-bit view, also from a 32-bit PowerShell.
$Machine = [Microsoft.Win32.RegistryKey]::OpenBaseKey('LocalMachine', 'Registry64')
$System = Join-Path $env:SystemRoot 'System32'
if ([Environment]::Is64BitOperatingSystem -and -not [Environment]::Is64BitProcess) { $System = Join-Path $env:SystemRoot 'Sysnative' }

$Authentication = 'SOFTWARE\Microsoft\Windows\CurrentVersion\Authentication'
$TerminalServer = 'SYSTEM\CurrentControlSet\Control\Terminal Server'
$TerminalPolicy = 'SOFTWARE\Policies\Microsoft\Windows NT\Terminal Services'
$Firewall = 'SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy'
$FirewallPolicy = 'SOFTWARE\Policies\Microsoft\WindowsFirewall'
$Protocols = 'SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols'

# `powershell -File` hands a list over as one text.
$User = @(foreach ($one in $User) { $one.Split(',') })

$Facts = [ordered]@{
    version     = 1
    collectedAt = [DateTime]::UtcNow.ToString('yyyy-MM-ddTHH:mm:ssZ', $Invariant)
}

function Add-Fact([string]$Name, [scriptblock]$Read) {
    try { $Facts[$Name] = & $Read }
    catch { $Facts[$Name] = Get-Reason $_ }
}

# A list stays a list, with one member or none as well.
function Add-ListFact([string]$Name, [scriptblock]$Read) {
    try { $Facts[$Name] = [object[]]@(& $Read) }
    catch { $Facts[$Name] = Get-Reason $_ }
}

function Get-Reason($Failure) {
    $said = ([string]$Failure.Exception.Message -replace '\s+', ' ').Trim()
    if ($said -eq '') { $said = $Failure.Exception.GetType().Name }
    if ($said.Length -gt 300) { $said = $said.Substring(0, 300) }
    return [ordered]@{ unavailable = $said }
}

function Get-Value([string]$Path, [string]$Name) {
    $key = $Machine.OpenSubKey($Path)
    if ($null -eq $key) { return $null }
    try { return $key.GetValue($Name) }
    finally { $key.Dispose() }
}

function Get-Number([string]$Path, [string]$Name) {
    $value = Get-Value $Path $Name
    if ($null -eq $value) { return $null }
    if ($value -isnot [int]) { throw "$Path\$Name is no DWORD" }
    return ([long]$value -band 4294967295)
}

function Get-Text([string]$Path, [string]$Name) {
    $value = Get-Value $Path $Name
    if ($null -eq $value) { return $null }
    return [string]$value
}

function Get-Numbers([string]$Path, [string[]]$Names) {
    $values = [ordered]@{}
    foreach ($name in $Names) { $values[$name] = Get-Number $Path $name }
    return $values
}

function Get-OwnValues([string]$Path) {
    $values = Get-Numbers $Path @('Armed', 'Filter', 'RdpOnly', 'Disable', 'Scenarios')
    $values['AllowProviders'] = Get-Text $Path 'AllowProviders'
    return $values
}

# Owner and access list; not those of audits, which would take a privilege.
function Get-Sddl([string]$Path) {
    try { return [string](Get-Acl -LiteralPath $Path).Sddl }
    catch { return $null }
}

function Test-Library($Dll) {
    if ($null -eq $Dll) { return $null }
    $file = $Dll.Trim('"')
    if (-not [IO.Path]::IsPathRooted($file)) { $file = Join-Path $System $file }
    try {
        [void][IO.File]::GetAttributes($file)
        return $true
    }
    catch [System.IO.FileNotFoundException], [System.IO.DirectoryNotFoundException] { return $false }
    catch { return $null }
}

function Get-Registered([string]$Path) {
    $key = $Machine.OpenSubKey($Path)
    if ($null -eq $key) { throw "there is no key $Path" }
    foreach ($clsid in $key.GetSubKeyNames()) {
        if ($clsid -notmatch '^\{[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\}$') { continue }
        $dll = Get-Text "SOFTWARE\Classes\CLSID\$clsid\InprocServer32" ''
        [ordered]@{
            clsid      = $clsid
            name       = Get-Text "$Path\$clsid" ''
            disabled   = Get-Number "$Path\$clsid" 'Disabled'
            dll        = $dll
            dllPresent = Test-Library $dll
        }
    }
}

function Get-Sid([string]$Account) {
    $name = New-Object System.Security.Principal.NTAccount($Account)
    return $name.Translate([System.Security.Principal.SecurityIdentifier]).Value
}

function Get-AccountName([string]$Sid) {
    try {
        $known = New-Object System.Security.Principal.SecurityIdentifier($Sid)
        return $known.Translate([System.Security.Principal.NTAccount]).Value
    }
    catch { return $null }
}

function Get-MachineSid {
    $some = @(Get-CimInstance -ClassName Win32_UserAccount -Filter "LocalAccount = TRUE AND SID LIKE 'S-1-5-21-%-500'")
    if ($some.Count -ne 1) { return $null }
    return [string]$some[0].SID -replace '-500$', ''
}

function Get-ProfileSettings([string]$Path) {
    return Get-Numbers $Path @('EnableFirewall', 'DefaultInboundAction', 'DoNotAllowExceptions', 'AllowLocalPolicyMerge')
}

# Rules for TCP or any protocol that comes in: those that are on, and those of the group Remote Desktop.
function Get-Rules([string]$Store, [string]$Path) {
    $key = $Machine.OpenSubKey($Path)
    if ($null -eq $key) { return }
    foreach ($id in $key.GetValueNames()) {
        $rule = [string]$key.GetValue($id)
        if ($rule -notmatch '\|Dir=In\|' -or $rule -match '\|(AppPkgId|LUOwn)=') { continue }
        if ($rule -match '\|Protocol=' -and $rule -notmatch '\|Protocol=6\|') { continue }
        if ($rule -notmatch '\|Active=TRUE\|' -and $rule -notmatch '\|EmbedCtxt=@FirewallAPI\.dll,-28752\|') { continue }
        [ordered]@{ store = $Store; id = $id; rule = $rule }
    }
}

function Get-Members([string]$Group) {
    $members = New-Object System.Collections.ArrayList
    $entry = [ADSI]"WinNT://$env:COMPUTERNAME/$Group,group"
    foreach ($one in @($entry.psbase.Invoke('Members'))) {
        $bytes = $one.GetType().InvokeMember('objectSid', 'GetProperty', $null, $one, $null)
        $sid = (New-Object System.Security.Principal.SecurityIdentifier([byte[]]$bytes, 0)).Value
        [void]$members.Add([ordered]@{ sid = $sid; name = Get-AccountName $sid })
    }
    return , $members.ToArray()
}

# In the directory also through other groups. Groups below S-1-5-32 are those of the domain controller, not of this machine.
function Get-DomainGroups([string]$Sid) {
    $groups = New-Object System.Collections.ArrayList
    $entry = [ADSI]"LDAP://<SID=$Sid>"
    $entry.psbase.RefreshCache(@('tokenGroups'))
    foreach ($bytes in $entry.psbase.Properties['tokenGroups']) {
        $group = (New-Object System.Security.Principal.SecurityIdentifier([byte[]]$bytes, 0)).Value
        if ($group -like 'S-1-5-21-*') { [void]$groups.Add($group) }
    }
    return , $groups.ToArray()
}

function Get-Rights {
    $file = Join-Path ([IO.Path]::GetTempPath()) ([guid]::NewGuid().ToString() + '.inf')
    $rights = [ordered]@{ SeRemoteInteractiveLogonRight = [object[]]@(); SeDenyRemoteInteractiveLogonRight = [object[]]@() }
    try {
        & (Join-Path $System 'secedit.exe') /export /areas USER_RIGHTS /cfg $file /quiet | Out-Null
        if (-not [IO.File]::Exists($file)) { throw 'secedit wrote nothing: run it as administrator' }
        foreach ($line in [IO.File]::ReadAllLines($file)) {
            if ($line -notmatch '^(Se(?:Deny)?RemoteInteractiveLogonRight)\s*=\s*(.*)$') { continue }
            $right = $Matches[1]
            $holders = New-Object System.Collections.ArrayList
            foreach ($holder in $Matches[2].Split(',')) {
                $holder = $holder.Trim()
                if ($holder -eq '') { continue }
                if ($holder.StartsWith('*')) { [void]$holders.Add($holder.Substring(1)) }
                else { [void]$holders.Add((Get-Sid $holder)) }
            }
            $rights[$right] = $holders.ToArray()
        }
    }
    finally { if ([IO.File]::Exists($file)) { [IO.File]::Delete($file) } }
    return $rights
}

function Get-ServiceState([string]$Name) {
    $key = $Machine.OpenSubKey("SYSTEM\CurrentControlSet\Services\$Name")
    if ($null -eq $key) { return $null }
    $service = Get-Service -Name $Name
    return [ordered]@{ state = [int]$service.Status; start = [int]$service.StartType }
}

# Numbers stand before the translated words: "Leap Indicator: 0(no warning)", "Stratum: 3 (secondary reference - syncd by (S)NTP)".
function Get-TimeStatus {
    $lines = @(& (Join-Path $System 'w32tm.exe') /query /status)
    if ($LASTEXITCODE -ne 0) { throw "w32tm /query /status ended with $LASTEXITCODE" }
    $numbers = @(foreach ($line in $lines) { if ($line -match '^\D+(\d+)\s*\(') { [int]$Matches[1] } })
    if ($numbers.Count -lt 2) { throw 'w32tm /query /status answered in a form that is not known' }
    return [ordered]@{ leap = $numbers[0]; stratum = $numbers[1] }
}

function Get-TimeSource {
    if ($TimeServer -ne '') { return $TimeServer }
    $parameters = 'SYSTEM\CurrentControlSet\Services\W32Time\Parameters'
    if ((Get-Text $parameters 'Type') -eq 'NT5DS') { return [string](Get-CimInstance -ClassName Win32_ComputerSystem).Domain }
    $servers = Get-Text $parameters 'NtpServer'
    if ([string]::IsNullOrEmpty($servers)) { throw 'no time source is set: name one with -TimeServer' }
    return $servers.Split(' ')[0].Split(',')[0]
}

# "18:36:32, +03.3575094s", or "18:36:32, error: 0x800705B4".
function Get-Offsets {
    $source = Get-TimeSource
    $offsets = New-Object System.Collections.ArrayList
    foreach ($line in @(& (Join-Path $System 'w32tm.exe') /stripchart "/computer:$source" /dataonly /samples:3)) {
        if ($line -match ',\s*([+-]\d+[.,]\d+)s\s*$') { [void]$offsets.Add([double]::Parse($Matches[1].Replace(',', '.'), $Invariant)) }
    }
    if ($offsets.Count -eq 0) { throw "$source gave no time" }
    return [ordered]@{ against = $source; offsets = $offsets.ToArray() }
}

function Get-RefusedLogons {
    if ($User.Count -eq 0) { throw 'no account was named with -User' }
    $wanted = @(foreach ($one in $User) { ($one -replace '^.*\\', '') -replace '@.*$', '' })
    try { $events = @(Get-WinEvent -FilterHashtable @{ LogName = 'Security'; Id = 4625 } -MaxEvents 2000) }
    catch {
        if ($_.FullyQualifiedErrorId -like 'NoMatchingEventsFound*') { return }
        throw
    }
    foreach ($one in $events) {
        $data = @{}
        foreach ($item in ([xml]$one.ToXml()).Event.EventData.Data) { $data[$item.GetAttribute('Name')] = $item.InnerText }
        if ($wanted -notcontains ($data['TargetUserName'] -replace '@.*$', '')) { continue }
        [ordered]@{
            at        = $one.TimeCreated.ToUniversalTime().ToString('yyyy-MM-ddTHH:mm:ssZ', $Invariant)
            user      = $data['TargetUserName']
            domain    = $data['TargetDomainName']
            logonType = [int]$data['LogonType']
            status    = '0x{0:X8}' -f [Convert]::ToUInt32($data['Status'], 16)
            subStatus = '0x{0:X8}' -f [Convert]::ToUInt32($data['SubStatus'], 16)
        }
    }
}

Add-Fact 'machine' {
    $zone = [TimeZoneInfo]::Local
    [ordered]@{
        name             = $env:COMPUTERNAME
        sid              = Get-MachineSid
        domainRole       = [int](Get-CimInstance -ClassName Win32_ComputerSystem).DomainRole
        build            = [int](Get-CimInstance -ClassName Win32_OperatingSystem).BuildNumber
        timeZone         = $zone.Id
        utcOffsetMinutes = [int]$zone.GetUtcOffset([DateTime]::UtcNow).TotalMinutes
    }
}

Add-ListFact 'providers' { Get-Registered "$Authentication\Credential Providers" }
Add-ListFact 'filters' { Get-Registered "$Authentication\Credential Provider Filters" }
Add-Fact 'providerPolicy' {
    [ordered]@{
        ExcludedCredentialProviders = Get-Text 'SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System' 'ExcludedCredentialProviders'
        DefaultCredentialProvider   = Get-Text 'SOFTWARE\Policies\Microsoft\Windows\System' 'DefaultCredentialProvider'
    }
}

Add-Fact 'terminalServer' {
    $values = Get-Numbers $TerminalServer @('fDenyTSConnections')
    foreach ($name in @('UserAuthentication', 'SecurityLayer', 'PortNumber', 'fEnableWinStation')) {
        $values[$name] = Get-Number "$TerminalServer\WinStations\RDP-Tcp" $name
    }
    $values
}
Add-Fact 'terminalServerPolicy' { Get-Numbers $TerminalPolicy @('fDenyTSConnections', 'UserAuthentication', 'SecurityLayer') }

Add-ListFact 'listeners' {
    $port = Get-Number "$TerminalServer\WinStations\RDP-Tcp" 'PortNumber'
    if ($null -eq $port) { $port = 3389 }
    foreach ($one in [System.Net.NetworkInformation.IPGlobalProperties]::GetIPGlobalProperties().GetActiveTcpListeners()) {
        if ($one.Port -eq $port) { [ordered]@{ address = $one.Address.ToString(); port = $one.Port } }
    }
}

Add-Fact 'firewall' {
    # Public, private and domain networks as NetworkCategory has them, and as the rules do.
    $bits = @{ 0 = 4; 1 = 2; 2 = 1 }
    [ordered]@{
        local  = [ordered]@{
            domain  = Get-ProfileSettings "$Firewall\DomainProfile"
            private = Get-ProfileSettings "$Firewall\StandardProfile"
            public  = Get-ProfileSettings "$Firewall\PublicProfile"
        }
        policy = [ordered]@{
            domain  = Get-ProfileSettings "$FirewallPolicy\DomainProfile"
            private = Get-ProfileSettings "$FirewallPolicy\PrivateProfile"
            public  = Get-ProfileSettings "$FirewallPolicy\PublicProfile"
        }
        active = [object[]]@(foreach ($one in @(Get-NetConnectionProfile)) { $bits[[int]$one.NetworkCategory] })
        rules  = [object[]]@(
            Get-Rules 'local' "$Firewall\FirewallRules"
            Get-Rules 'policy' "$FirewallPolicy\FirewallRules"
            Get-Rules 'mdm' "$Firewall\Mdm\FirewallRules"
        )
    }
}

Add-ListFact 'groups' {
    foreach ($one in @(Get-CimInstance -ClassName Win32_Group -Filter 'LocalAccount = TRUE')) {
        $name = [string]$one.Name
        try { $members = [object[]](Get-Members $name) }
        catch { $members = Get-Reason $_ }
        [ordered]@{ sid = [string]$one.SID; name = $name; members = $members }
    }
}
Add-Fact 'rights' { Get-Rights }
Add-ListFact 'users' {
    $own = Get-MachineSid
    foreach ($one in $User) {
        $sid = Get-Sid $one
        $name = Get-AccountName $sid
        if ($null -eq $name) { $name = $one }
        $groups = [object[]]@()
        if ($null -eq $own -or -not $sid.StartsWith("$own-")) {
            try { $groups = [object[]](Get-DomainGroups $sid) }
            catch { $groups = Get-Reason $_ }
        }
        [ordered]@{ sid = $sid; name = $name; groups = $groups }
    }
}

Add-Fact 'services' {
    [ordered]@{
        TermService = Get-ServiceState 'TermService'
        Sallyport   = Get-ServiceState 'Sallyport'
        W32Time     = Get-ServiceState 'W32Time'
    }
}
Add-Fact 'door' {
    $pipes = [IO.Directory]::GetFiles('\\.\pipe\')
    $there = $pipes -contains '\\.\pipe\ProtectedPrefix\Administrators\sallyport'
    [ordered]@{
        pipe    = $there
        machine = $pipes -contains '\\.\pipe\ProtectedPrefix\Administrators\sallyport-machine'
        sddl    = if ($there) { Get-Sddl '\\.\pipe\ProtectedPrefix\Administrators\sallyport' } else { $null }
    }
}
Add-Fact 'folder' {
    $path = Join-Path $env:ProgramData 'Sallyport'
    $exists = [IO.Directory]::Exists($path)
    [ordered]@{
        exists = $exists
        link   = $exists -and ([string][IO.File]::GetAttributes($path)).Contains('ReparsePoint')
        sddl   = if ($exists) { Get-Sddl $path } else { $null }
    }
}
Add-Fact 'settings' {
    [ordered]@{
        local  = Get-OwnValues 'SOFTWARE\Sallyport\Provider'
        policy = Get-OwnValues 'SOFTWARE\Policies\Sallyport\Provider'
    }
}

Add-Fact 'timeStatus' { Get-TimeStatus }
Add-Fact 'stripchart' { Get-Offsets }

Add-Fact 'schannel' {
    [ordered]@{
        'TLS 1.2' = Get-Numbers "$Protocols\TLS 1.2\Client" @('Enabled', 'DisabledByDefault')
        'TLS 1.3' = Get-Numbers "$Protocols\TLS 1.3\Client" @('Enabled', 'DisabledByDefault')
    }
}
Add-Fact 'dotnet' {
    [ordered]@{
        bits64 = Get-Numbers 'SOFTWARE\Microsoft\.NETFramework\v4.0.30319' @('SchUseStrongCrypto', 'SystemDefaultTlsVersions')
        bits32 = Get-Numbers 'SOFTWARE\Wow6432Node\Microsoft\.NETFramework\v4.0.30319' @('SchUseStrongCrypto', 'SystemDefaultTlsVersions')
    }
}

Add-ListFact 'refusedLogons' { Get-RefusedLogons }

$target = $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($Out)
[IO.File]::WriteAllText($target, (ConvertTo-Json -InputObject $Facts -Depth 8), (New-Object System.Text.UTF8Encoding($false)))
"$target was written."
