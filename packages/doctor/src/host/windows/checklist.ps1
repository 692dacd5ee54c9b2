#requires -Version 5.1
<#
.SYNOPSIS
    Goes through the checklist of docs/windows-checklist.md with you, looks at what it can by itself, and writes one JSON file.

.DESCRIPTION
    For Windows PowerShell 5.1 and PowerShell 7, with nothing but what Windows brings. Run it as administrator, in a session that stays open
    while you go through the steps; collect.ps1 must lie beside it. The file is written anew after each answer.

    It changes no setting. It asks who may open the agent's pipes, which Windows answers by opening each of them for a moment.
    Of the machine's key it says where it is kept, never the key. The file holds no password and no code: write none into a note.

    NOT SEEN ON WINDOWS: written from Microsoft's pages, and read by a parser only. What could not be read says why in the file.

.PARAMETER Out
    The file to write, in UTF-8.
.PARAMETER User
    The account that you log on with in the steps, for collect.ps1: CORP\alice, alice@corp.example or a local name.
.PARAMETER NoQuestions
    Only look; every step then stands as skipped.

.EXAMPLE
    powershell -ExecutionPolicy Bypass -File checklist.ps1 -User CORP\alice
    sallyport doctor checklist answers.json
#>
[CmdletBinding()]
param(
    [string]$Out = 'answers.json',
    [string[]]$User = @(),
    [switch]$NoQuestions
)

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$Invariant = [System.Globalization.CultureInfo]::InvariantCulture
# The 64-bit view, also from a 32-bit PowerShell.
$Machine = [Microsoft.Win32.RegistryKey]::OpenBaseKey('LocalMachine', 'Registry64')
$Windows = 'SOFTWARE\Microsoft\Windows NT\CurrentVersion'
$Lsa = 'SYSTEM\CurrentControlSet\Control\Lsa'
$Uac = 'SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System'
$Class = 'SOFTWARE\Classes\CLSID\{696F6D96-AB3D-4079-811D-515E4BF386D1}\InprocServer32'
$Folder = Join-Path $env:ProgramData 'Sallyport'
$Pipes = @('\\.\pipe\ProtectedPrefix\Administrators\sallyport', '\\.\pipe\ProtectedPrefix\Administrators\sallyport-control', '\\.\pipe\ProtectedPrefix\Administrators\sallyport-machine')
$Target = $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($Out)

$Steps = @(
    [ordered]@{
        id  = 'installed-disarmed'
        do  = 'Install the MSI with the enrolment code and without arming, then sign out and sign in as always.'
        see = 'No restart is asked for, nobody is asked for a code, and the service Sallyport runs.'
        seconds = 90
    }
    [ordered]@{
        id  = 'tile-drawn'
        do  = 'Arm the machine, lock it (Win+L) and look at the sign-in options.'
        see = 'Sallyport''s tile is there with its name, and its field for the password has the focus.'
        seconds = 30
    }
    [ordered]@{
        id  = 'right-code'
        do  = 'Type the password, then the code from the app.'
        see = 'The code is asked for after the password, on the same tile, and the session opens.'
        seconds = 20
    }
    [ordered]@{
        id  = 'wrong-code'
        do  = 'Lock; type the password, then a wrong code, then the right one.'
        see = 'The wrong one is said to be wrong, the password is not asked for again, and the right one opens the session.'
        seconds = 40
    }
    [ordered]@{
        id  = 'phone-number'
        do  = 'With a phone that approves: lock, type the password, choose to send to the phone, and approve there.'
        see = 'The number stands on the tile in large letters, and after the approval the session opens without another key.'
        seconds = 40
    }
    [ordered]@{
        id  = 'qr-code'
        do  = 'With a passkey: lock, type the password, choose the link, and scan the QR code of the tile''s picture.'
        see = 'The picture can be scanned as LogonUI draws it, and the code of the page that it leads to opens the session.'
        seconds = 50
    }
    [ordered]@{
        id  = 'wrong-password'
        do  = 'Lock; type a wrong password once.'
        see = 'Windows'' own sentence on a wrong password, and no question for a code; the Security log has one event 4625 more, not two.'
        seconds = 30
    }
    [ordered]@{
        id  = 'cancel-waits'
        do  = 'On the org''s machine drop what comes from this one (iptables -I INPUT -s ADDRESS -j DROP), lock, type the password, and press Cancel while it waits.'
        see = 'The screen stays alive while it waits, and Cancel brings the tile back at once.'
        seconds = 50
    }
    [ordered]@{
        id  = 'org-gone'
        do  = 'Still cut off: type the password and wait.'
        see = 'The logon is refused with a reference, or break-glass is offered where the policy allows it.'
        seconds = 40
    }
    [ordered]@{
        id  = 'break-glass'
        do  = 'Still cut off, with break-glass in the policy: answer the challenge on the tile with sallyport breakglass answer, then take the rule away (iptables -D INPUT -s ADDRESS -j DROP).'
        see = 'The challenge can be read aloud from the tile, and its answer opens the session.'
        seconds = 60
    }
    [ordered]@{
        id  = 'rdp-nla'
        do  = 'From another machine connect by mstsc with network level authentication, and type the password there.'
        see = 'The remote screen asks for the code only, not for the password again, and the session opens.'
        seconds = 40
    }
    [ordered]@{
        id  = 'rdp-reconnect'
        do  = 'Close the mstsc window without signing out, and connect again.'
        see = 'The code is asked for before the running session appears.'
        seconds = 25
    }
    [ordered]@{
        id  = 'rdp-refused'
        do  = 'Connect once more and press Cancel at the question for the code.'
        see = 'No desktop was seen at any moment, and sallyport why with the reference says logon.cancelled and the client''s address as claimed.'
        seconds = 30
    }
    [ordered]@{
        id  = 'mstsc-onwards'
        do  = 'In the session on this machine start mstsc to a third one.'
        see = 'Windows'' own question for credentials, with what it offered before the installation.'
        seconds = 25
    }
    [ordered]@{
        id  = 'remote-app'
        do  = 'Let RemoteApp start anything (reg add "HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Terminal Server\TSAppAllowList" /v fDisabledAllowList /t REG_DWORD /d 1 /f), and open from another machine an .rdp file with the lines remoteapplicationmode:i:1 and remoteapplicationprogram:s:C:\Windows\notepad.exe. Then delete the value.'
        see = 'A window asks for the code only, and notepad opens after it. Write down whether that window came to the front, and after how long the client gives up.'
        seconds = 60
    }
    [ordered]@{
        id  = 'uac'
        do  = 'As a standard user start something as administrator.'
        see = 'What docs/windows-uac.md says for the settings of this machine.'
        seconds = 30
    }
    [ordered]@{
        id  = 'filter'
        do  = 'Set Filter below HKLM\SOFTWARE\Sallyport\Provider to 1, lock, and look at the sign-in options.'
        see = 'Only Sallyport''s tile and those of the allow list are there.'
        seconds = 40
    }
    [ordered]@{
        id  = 'agent-gone'
        do  = 'With a second administrator''s session open, stop the service Sallyport and connect by mstsc. Then, with failModes.agentGone set to allow for this app: start the service, wait for sallyport agent status to say armed, rename agent.json in %ProgramData%\Sallyport, end sallyport-agent.exe in the task manager, and log on once by mstsc and once at the machine''s own screen; put agent.json back.'
        see = 'By mstsc both times refused with a reference. At the own screen the password alone lets in, event 7 stands in the Application log, and when the agent is back sallyport why with the reference says logon.fail-open.'
        seconds = 110
    }
    [ordered]@{
        id  = 'password-expired'
        do  = 'Let an account''s password expire (net user NAME /logonpasswordchg:yes), and log on with it and its code.'
        see = 'After the code Windows itself asks for the new password, and then lets in.'
        seconds = 60
    }
    [ordered]@{
        id  = 'way-back'
        do  = 'Go through the registry switch of docs/windows-getting-back-in.md from another machine, and take it back.'
        see = 'With it Windows'' own tile lets in, without it it does not.'
        seconds = 50
    }
    [ordered]@{
        id  = 'domain-controller'
        do  = 'On a domain controller that you can lose: install with ARM=1, sign out, and log on at its console as a domain administrator, by CORP\name and by name@corp.example.'
        see = 'Both names are asked the password and then the code, and the session opens. Write down what sallyport why says of name and domain, and the groups'' number in the agent''s log.'
        seconds = 120
    }
    [ordered]@{
        id  = 'safe-mode'
        do  = 'On that machine, or another one that is armed: bcdedit /set {current} safeboot minimal, restart, log on; bcdedit /deletevalue {current} safeboot, restart, log on.'
        see = 'In Safe Mode Windows'' own tile and no question for a code, afterwards the code is asked again. Write down whether the service Sallyport ran in Safe Mode, and what stood on the screen.'
        seconds = 120
    }
    [ordered]@{
        id  = 'uninstalled'
        do  = 'Uninstall, and log on by Windows'' own tile.'
        see = 'The tile is gone, the logon works, and nothing of Sallyport is left in services and providers.'
        seconds = 40
    }
)

$Looks = [ordered]@{}
$Answers = New-Object System.Collections.ArrayList
$FactsText = '{ "unavailable": "collect.ps1 was not run" }'

function Add-Look([string]$Name, [scriptblock]$Read) {
    try { $Looks[$Name] = & $Read }
    catch { $Looks[$Name] = Get-Reason $_ }
}

# A list stays a list, with one member or none as well.
function Add-ListLook([string]$Name, [scriptblock]$Read) {
    try { $Looks[$Name] = [object[]]@(& $Read) }
    catch { $Looks[$Name] = Get-Reason $_ }
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

# Of a service's command line.
function Get-Program([string]$CommandLine) {
    if ($CommandLine -match '^"([^"]+)"') { return $Matches[1] }
    return ($CommandLine -split ' ')[0]
}

function Get-ServiceRow {
    return Get-CimInstance -ClassName Win32_Service -Filter "Name = 'Sallyport'"
}

function Get-OwnFile([string]$Role, [string]$Path) {
    $signature = Get-AuthenticodeSignature -LiteralPath $Path
    $signer = $null
    if ($null -ne $signature.SignerCertificate) { $signer = [string]$signature.SignerCertificate.Subject }
    return [ordered]@{
        role      = $Role
        path      = $Path
        version   = [System.Diagnostics.FileVersionInfo]::GetVersionInfo($Path).ProductVersion
        sha256    = [string](Get-FileHash -LiteralPath $Path -Algorithm SHA256).Hash
        signature = $signature.Status.ToString()
        signer    = $signer
    }
}

function Get-OwnFiles {
    $dll = Get-Text $Class ''
    if ($null -ne $dll) { Get-OwnFile 'provider' $dll }
    $service = Get-ServiceRow
    if ($null -eq $service) { return }
    $program = Get-Program ([string]$service.PathName)
    Get-OwnFile 'service' $program
    $agent = Join-Path ([IO.Path]::GetDirectoryName($program)) 'sallyport-agent.exe'
    if ([IO.File]::Exists($agent)) { Get-OwnFile 'agent' $agent }
}

# Owner and access list, in SDDL. A pipe is asked as a file is.
function Get-Access([string]$Path, [bool]$IsFolder) {
    try {
        $kind = 'FileSecurity'
        if ($IsFolder) { $kind = 'DirectorySecurity' }
        $security = New-Object -TypeName "System.Security.AccessControl.$kind" -ArgumentList $Path, 'Owner, Access'
        $sddl = $security.GetSecurityDescriptorSddlForm('Owner, Access')
    }
    catch { $sddl = Get-Reason $_ }
    return [ordered]@{ path = $Path; sddl = $sddl }
}

function Get-AccessRows {
    Get-Access $Folder $true
    if ([IO.Directory]::Exists($Folder)) {
        foreach ($file in @([IO.Directory]::GetFiles($Folder))) { Get-Access $file $false }
    }
    $service = Get-ServiceRow
    if ($null -ne $service) { Get-Access ([IO.Path]::GetDirectoryName((Get-Program ([string]$service.PathName)))) $true }
    $there = @([IO.Directory]::GetFiles('\\.\pipe\'))
    foreach ($pipe in $Pipes) {
        if ($there -contains $pipe) { Get-Access $pipe $false }
    }
}

function Get-Tpm {
    $chip = Get-CimInstance -Namespace 'root\cimv2\Security\MicrosoftTpm' -ClassName Win32_Tpm
    if ($null -eq $chip) { return $null }
    return [ordered]@{
        enabled     = [bool]$chip.IsEnabled_InitialValue
        activated   = [bool]$chip.IsActivated_InitialValue
        specVersion = [string]$chip.SpecVersion
    }
}

# Where the key is, never the key.
function Get-KeyPlace {
    $file = Join-Path $Folder 'host.json'
    if (-not [IO.File]::Exists($file)) { return $null }
    $key = (ConvertFrom-Json -InputObject ([IO.File]::ReadAllText($file))).key
    if ($null -eq $key.PSObject.Properties['kept']) { return $null }
    return [string]$key.kept
}

function Get-Events {
    try { $events = @(Get-WinEvent -FilterHashtable @{ LogName = 'Application'; ProviderName = 'Sallyport' } -MaxEvents 200) }
    catch {
        if ($_.FullyQualifiedErrorId -like 'NoMatchingEventsFound*') { return }
        throw
    }
    foreach ($one in $events) {
        [ordered]@{
            at    = $one.TimeCreated.ToUniversalTime().ToString('yyyy-MM-ddTHH:mm:ssZ', $Invariant)
            id    = [int]$one.Id
            level = [int]$one.Level
        }
    }
}

function Get-Status {
    $service = Get-ServiceRow
    if ($null -eq $service) { throw 'there is no service Sallyport' }
    $agent = Join-Path ([IO.Path]::GetDirectoryName((Get-Program ([string]$service.PathName)))) 'sallyport-agent.exe'
    return (@(& $agent status) -join "`n")
}

# What the doctor of Windows machines goes by, as its own script writes it: taken over as text, so that nothing is turned into something else.
function Get-FactsText {
    $collector = Join-Path $PSScriptRoot 'collect.ps1'
    if (-not [IO.File]::Exists($collector)) { throw 'collect.ps1 does not lie beside this script' }
    $file = Join-Path ([IO.Path]::GetTempPath()) ([guid]::NewGuid().ToString() + '.json')
    try {
        & $collector -Out $file -User $User | Out-Null
        return [IO.File]::ReadAllText($file)
    }
    finally { if ([IO.File]::Exists($file)) { [IO.File]::Delete($file) } }
}

function Save-Answers {
    $done = @($Answers | ForEach-Object { $_.id })
    $rows = @($Answers.ToArray())
    foreach ($step in $Steps) {
        if ($done -notcontains $step.id) { $rows += [ordered]@{ id = $step.id; answer = 'skipped'; note = '' } }
    }
    $result = [ordered]@{
        version     = 1
        collectedAt = [DateTime]::UtcNow.ToString('yyyy-MM-ddTHH:mm:ssZ', $Invariant)
        looks       = $Looks
        steps       = [object[]]$rows
        facts       = 'FACTS-OF-COLLECT'
    }
    $text = (ConvertTo-Json -InputObject $result -Depth 8).Replace('"FACTS-OF-COLLECT"', $FactsText)
    [IO.File]::WriteAllText($Target, $text, (New-Object System.Text.UTF8Encoding($false)))
}

function Read-Answer([int]$Number, $Step) {
    Write-Host ''
    Write-Host "$Number of $($Steps.Count). $($Step.id), about $($Step.seconds) s"
    Write-Host "   Do:   $($Step.do)"
    Write-Host "   See:  $($Step.see)"
    $said = ''
    while (@('y', 'n', 's') -notcontains $said) { $said = ([string](Read-Host '   Seen? y, n, or s to skip')).Trim() }
    $note = ''
    if ($said -ne 'y') { $note = [string](Read-Host '   What was seen instead, or why it is skipped (no password, no code)') }
    if ($note.Length -gt 1000) { $note = $note.Substring(0, 1000) }
    $answer = @{ y = 'seen'; n = 'not-seen'; s = 'skipped' }[$said]
    [void]$Answers.Add([ordered]@{ id = $Step.id; answer = $answer; note = $note })
}

Add-Look 'windows' {
    [ordered]@{
        product          = Get-Text $Windows 'ProductName'
        installationType = Get-Text $Windows 'InstallationType'
        build            = Get-Text $Windows 'CurrentBuildNumber'
        revision         = Get-Number $Windows 'UBR'
    }
}
Add-ListLook 'files' { Get-OwnFiles }
Add-Look 'service' {
    $row = Get-ServiceRow
    if ($null -eq $row) { return $null }
    [ordered]@{ account = [string]$row.StartName; path = [string]$row.PathName; startMode = [string]$row.StartMode; state = [string]$row.State }
}
Add-ListLook 'access' { Get-AccessRows }
Add-Look 'tpm' { Get-Tpm }
Add-Look 'key' { Get-KeyPlace }
Add-Look 'lsa' { Get-Numbers $Lsa @('RunAsPPL', 'DisableRestrictedAdmin') }
Add-Look 'uac' {
    Get-Numbers $Uac @('EnableLUA', 'ConsentPromptBehaviorAdmin', 'ConsentPromptBehaviorUser', 'PromptOnSecureDesktop')
}
Add-ListLook 'events' { Get-Events }
Add-Look 'status' { Get-Status }
try { $FactsText = Get-FactsText }
catch { $FactsText = ConvertTo-Json -InputObject (Get-Reason $_) }

Save-Answers
if (-not $NoQuestions) {
    $number = 0
    $seconds = 0
    foreach ($step in $Steps) { $seconds += $step.seconds }
    Write-Host "$($Steps.Count) steps, about $([math]::Ceiling($seconds / 60)) minutes."
    foreach ($step in $Steps) {
        $number += 1
        Read-Answer $number $step
        # What a step writes into the event log is part of the answer.
        Add-ListLook 'events' { Get-Events }
        Save-Answers
    }
}
"$Target was written."
