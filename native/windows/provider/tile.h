/* The tile on the logon screen: draws what the agent shows, hands Windows the frozen credential once. */
#pragma once

#include <windows.h>

#include <credentialprovider.h>

#include <memory>
#include <string>

#include "fields.h"
#include "logon.h"

namespace sallyport {

class Tile final : public IConnectableCredentialProviderCredential {
  public:
    Tile(bool unlock, const std::wstring &user, const std::wstring &handed_password);

    /* IUnknown */
    HRESULT STDMETHODCALLTYPE QueryInterface(REFIID id, void **out) override;
    ULONG STDMETHODCALLTYPE AddRef() override;
    ULONG STDMETHODCALLTYPE Release() override;

    /* ICredentialProviderCredential: what is drawn */
    HRESULT STDMETHODCALLTYPE Advise(ICredentialProviderCredentialEvents *events) override;
    HRESULT STDMETHODCALLTYPE UnAdvise() override;
    HRESULT STDMETHODCALLTYPE SetSelected(BOOL *auto_logon) override;
    HRESULT STDMETHODCALLTYPE SetDeselected() override;
    HRESULT STDMETHODCALLTYPE GetFieldState(DWORD field, CREDENTIAL_PROVIDER_FIELD_STATE *state,
                                            CREDENTIAL_PROVIDER_FIELD_INTERACTIVE_STATE *interactive) override;
    HRESULT STDMETHODCALLTYPE GetStringValue(DWORD field, LPWSTR *value) override;
    HRESULT STDMETHODCALLTYPE GetBitmapValue(DWORD, HBITMAP *) override { return E_NOTIMPL; }
    HRESULT STDMETHODCALLTYPE GetCheckboxValue(DWORD, BOOL *, LPWSTR *) override { return E_NOTIMPL; }
    HRESULT STDMETHODCALLTYPE GetSubmitButtonValue(DWORD field, DWORD *adjacent) override;
    HRESULT STDMETHODCALLTYPE GetComboBoxValueCount(DWORD field, DWORD *count, DWORD *selected) override;
    HRESULT STDMETHODCALLTYPE GetComboBoxValueAt(DWORD field, DWORD item, LPWSTR *value) override;

    /* what the person does */
    HRESULT STDMETHODCALLTYPE SetStringValue(DWORD field, LPCWSTR value) override;
    HRESULT STDMETHODCALLTYPE SetCheckboxValue(DWORD, BOOL) override { return E_NOTIMPL; }
    HRESULT STDMETHODCALLTYPE SetComboBoxSelectedValue(DWORD field, DWORD item) override;
    HRESULT STDMETHODCALLTYPE CommandLinkClicked(DWORD field) override;

    /* what Windows asks for */
    HRESULT STDMETHODCALLTYPE Connect(IQueryContinueWithStatus *query) override;
    /* For tiles that hold a network connection; ours ends with the person's leaving. */
    HRESULT STDMETHODCALLTYPE Disconnect() override { return E_NOTIMPL; }
    HRESULT STDMETHODCALLTYPE GetSerialization(CREDENTIAL_PROVIDER_GET_SERIALIZATION_RESPONSE *response,
                                               CREDENTIAL_PROVIDER_CREDENTIAL_SERIALIZATION *credential, LPWSTR *text,
                                               CREDENTIAL_PROVIDER_STATUS_ICON *icon) override;
    HRESULT STDMETHODCALLTYPE ReportResult(NTSTATUS status, NTSTATUS sub_status, LPWSTR *text, CREDENTIAL_PROVIDER_STATUS_ICON *icon) override;

  private:
    ~Tile();
    void advance(Patience *patience);
    Step start(Patience *patience);
    Step go_on(Patience *patience);
    bool fill(DWORD row, Values &values);
    void settle(Step step);
    void leave();
    void redraw();
    void redraw_choices(DWORD row);
    bool shown(DWORD field) const;
    DWORD last_input() const;
    HRESULT hand_over(CREDENTIAL_PROVIDER_CREDENTIAL_SERIALIZATION *credential);

    LONG count_ = 1;
    ICredentialProviderCredentialEvents *events_ = nullptr;
    bool unlock_, handed_over_;
    bool advanced_ = false, asking_ = false, allowed_ = false;
    std::wstring values_[FIELDS];
    DWORD chosen_[ROWS] = {}, drawn_choices_[ROWS] = {};
    DWORD pressed_ = FIELDS;
    std::wstring password_; /* frozen with the account, until Windows has it */
    std::wstring status_;
    Account last_;
    std::string last_reference_; /* of the logon whose credential Windows has */
    std::unique_ptr<Logon> logon_;
};

} // namespace sallyport
