/* Holds the header that we are built against to what Windows lays out: the place of every method in its table, the shape of every structure.
 * From Microsoft's credentialprovider.idl and ntsecapi.h, for x64. Nothing of it runs: it compiles, or the DLL is not built. */
#define COBJMACROS
#define CINTERFACE
#include <windows.h>

#include <credentialprovider.h>
#include <ntsecapi.h>

#include <stddef.h>

#define METHOD(face, name, place) \
    _Static_assert(offsetof(face##Vtbl, name) == (place) * sizeof(void *), #face "." #name " is not number " #place)
#define METHODS(face, count) _Static_assert(sizeof(face##Vtbl) == (count) * sizeof(void *), #face " has other methods than we know")
#define MEMBER(type, name, at) _Static_assert(offsetof(type, name) == (at), #type "." #name " does not lie at " #at)
#define SIZE(type, size) _Static_assert(sizeof(type) == (size), #type " is not " #size " bytes")

METHOD(ICredentialProvider, QueryInterface, 0);
METHOD(ICredentialProvider, AddRef, 1);
METHOD(ICredentialProvider, Release, 2);
METHOD(ICredentialProvider, SetUsageScenario, 3);
METHOD(ICredentialProvider, SetSerialization, 4);
METHOD(ICredentialProvider, Advise, 5);
METHOD(ICredentialProvider, UnAdvise, 6);
METHOD(ICredentialProvider, GetFieldDescriptorCount, 7);
METHOD(ICredentialProvider, GetFieldDescriptorAt, 8);
METHOD(ICredentialProvider, GetCredentialCount, 9);
METHOD(ICredentialProvider, GetCredentialAt, 10);
METHODS(ICredentialProvider, 11);

METHOD(IConnectableCredentialProviderCredential, QueryInterface, 0);
METHOD(IConnectableCredentialProviderCredential, Advise, 3);
METHOD(IConnectableCredentialProviderCredential, UnAdvise, 4);
METHOD(IConnectableCredentialProviderCredential, SetSelected, 5);
METHOD(IConnectableCredentialProviderCredential, SetDeselected, 6);
METHOD(IConnectableCredentialProviderCredential, GetFieldState, 7);
METHOD(IConnectableCredentialProviderCredential, GetStringValue, 8);
METHOD(IConnectableCredentialProviderCredential, GetBitmapValue, 9);
METHOD(IConnectableCredentialProviderCredential, GetCheckboxValue, 10);
METHOD(IConnectableCredentialProviderCredential, GetSubmitButtonValue, 11);
METHOD(IConnectableCredentialProviderCredential, GetComboBoxValueCount, 12);
METHOD(IConnectableCredentialProviderCredential, GetComboBoxValueAt, 13);
METHOD(IConnectableCredentialProviderCredential, SetStringValue, 14);
METHOD(IConnectableCredentialProviderCredential, SetCheckboxValue, 15);
METHOD(IConnectableCredentialProviderCredential, SetComboBoxSelectedValue, 16);
METHOD(IConnectableCredentialProviderCredential, CommandLinkClicked, 17);
METHOD(IConnectableCredentialProviderCredential, GetSerialization, 18);
METHOD(IConnectableCredentialProviderCredential, ReportResult, 19);
METHOD(IConnectableCredentialProviderCredential, Connect, 20);
METHOD(IConnectableCredentialProviderCredential, Disconnect, 21);
METHODS(IConnectableCredentialProviderCredential, 22);

METHOD(ICredentialProviderFilter, Filter, 3);
METHOD(ICredentialProviderFilter, UpdateRemoteCredential, 4);
METHODS(ICredentialProviderFilter, 5);

METHOD(ICredentialProviderEvents, CredentialsChanged, 3);
METHODS(ICredentialProviderEvents, 4);
METHOD(IQueryContinueWithStatus, QueryContinue, 3);
METHOD(IQueryContinueWithStatus, SetStatusMessage, 4);
METHODS(IQueryContinueWithStatus, 5);

METHOD(ICredentialProviderCredentialEvents, SetFieldState, 3);
METHOD(ICredentialProviderCredentialEvents, SetFieldInteractiveState, 4);
METHOD(ICredentialProviderCredentialEvents, SetFieldString, 5);
METHOD(ICredentialProviderCredentialEvents, SetFieldCheckbox, 6);
METHOD(ICredentialProviderCredentialEvents, SetFieldBitmap, 7);
METHOD(ICredentialProviderCredentialEvents, SetFieldComboBoxSelectedItem, 8);
METHOD(ICredentialProviderCredentialEvents, DeleteFieldComboBoxItem, 9);
METHOD(ICredentialProviderCredentialEvents, AppendFieldComboBoxItem, 10);
METHOD(ICredentialProviderCredentialEvents, SetFieldSubmitButton, 11);
METHOD(ICredentialProviderCredentialEvents, OnCreatingWindow, 12);
METHODS(ICredentialProviderCredentialEvents, 13);

MEMBER(CREDENTIAL_PROVIDER_CREDENTIAL_SERIALIZATION, ulAuthenticationPackage, 0);
MEMBER(CREDENTIAL_PROVIDER_CREDENTIAL_SERIALIZATION, clsidCredentialProvider, 4);
MEMBER(CREDENTIAL_PROVIDER_CREDENTIAL_SERIALIZATION, cbSerialization, 20);
MEMBER(CREDENTIAL_PROVIDER_CREDENTIAL_SERIALIZATION, rgbSerialization, 24);
SIZE(CREDENTIAL_PROVIDER_CREDENTIAL_SERIALIZATION, 32);
MEMBER(CREDENTIAL_PROVIDER_FIELD_DESCRIPTOR, dwFieldID, 0);
MEMBER(CREDENTIAL_PROVIDER_FIELD_DESCRIPTOR, cpft, 4);
MEMBER(CREDENTIAL_PROVIDER_FIELD_DESCRIPTOR, pszLabel, 8);
MEMBER(CREDENTIAL_PROVIDER_FIELD_DESCRIPTOR, guidFieldType, 16);
SIZE(CREDENTIAL_PROVIDER_FIELD_DESCRIPTOR, 32);

MEMBER(KERB_INTERACTIVE_LOGON, LogonDomainName, 8);
MEMBER(KERB_INTERACTIVE_LOGON, UserName, 24);
MEMBER(KERB_INTERACTIVE_LOGON, Password, 40);
SIZE(KERB_INTERACTIVE_LOGON, 56);
MEMBER(KERB_INTERACTIVE_UNLOCK_LOGON, LogonId, 56);
SIZE(KERB_INTERACTIVE_UNLOCK_LOGON, 64);

_Static_assert(CPUS_LOGON == 1 && CPUS_UNLOCK_WORKSTATION == 2 && CPUS_CHANGE_PASSWORD == 3 && CPUS_CREDUI == 4 && CPUS_PLAP == 5, "scenarios");
_Static_assert(CPFT_LARGE_TEXT == 1 && CPFT_SMALL_TEXT == 2 && CPFT_COMMAND_LINK == 3 && CPFT_EDIT_TEXT == 4 && CPFT_PASSWORD_TEXT == 5 &&
                   CPFT_TILE_IMAGE == 6 && CPFT_CHECKBOX == 7 && CPFT_COMBOBOX == 8 && CPFT_SUBMIT_BUTTON == 9,
               "types of fields");
_Static_assert(CPFS_HIDDEN == 0 && CPFS_DISPLAY_IN_SELECTED_TILE == 1 && CPFS_DISPLAY_IN_BOTH == 3, "states of fields");
_Static_assert(CPFIS_NONE == 0 && CPFIS_FOCUSED == 3, "states of fields for the person");
_Static_assert(CPGSR_NO_CREDENTIAL_NOT_FINISHED == 0 && CPGSR_RETURN_CREDENTIAL_FINISHED == 2, "answers");
_Static_assert(CPSI_NONE == 0 && CPSI_ERROR == 1 && CPSI_SUCCESS == 3, "icons");
