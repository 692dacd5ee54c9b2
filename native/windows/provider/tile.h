/* The tile on the logon screen: draws what the agent shows, hands Windows the frozen credential once. */
#pragma once

#include <windows.h>

#include <credentialprovider.h>

#include <memory>
#include <string>

#include "dll.h"
#include "errand.h"
#include "fields.h"
#include "logon.h"
#include "serialization.h"

namespace sallyport {

class Tile final : public Object<Tile, IConnectableCredentialProviderCredential, ICredentialProviderCredential> {
  public:
    Tile(CREDENTIAL_PROVIDER_USAGE_SCENARIO scenario, Bell *bell);

    /* for the provider */
    Bell &bell() { return *bell_; }
    /* False where nothing may be handed over. */
    bool take_over(Handed &handed);
    /* True if Windows shall ask for the credential without anybody pressing Enter. */
    bool goes_on_by_itself();
    /* The provider lets go: an open logon ends. */
    void retire();

    /* what is drawn */
    HRESULT STDMETHODCALLTYPE Advise(ICredentialProviderCredentialEvents *events) override;
    HRESULT STDMETHODCALLTYPE UnAdvise() override;
    HRESULT STDMETHODCALLTYPE SetSelected(BOOL *auto_logon) override;
    HRESULT STDMETHODCALLTYPE SetDeselected() override;
    HRESULT STDMETHODCALLTYPE GetFieldState(DWORD field, CREDENTIAL_PROVIDER_FIELD_STATE *state,
                                            CREDENTIAL_PROVIDER_FIELD_INTERACTIVE_STATE *interactive) override;
    HRESULT STDMETHODCALLTYPE GetStringValue(DWORD field, LPWSTR *value) override;
    HRESULT STDMETHODCALLTYPE GetBitmapValue(DWORD field, HBITMAP *bitmap) override;
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
    friend class Counted<Tile>;
    ~Tile();
    bool waiting() const { return errand_ && !reporting_; }
    const Show *show() const { return logon_ && !waiting() ? &logon_->show() : nullptr; }
    const Field *field_of(DWORD field) const;
    std::unique_ptr<Logon> new_logon(const Account &account) const;
    Errand *prepare();
    bool freeze(Errand &errand);
    bool fill_all(Errand &errand);
    bool fill(DWORD row, Values &values);
    void forget_errand();
    void collect();
    void settle(Step step);
    void leave();
    void redraw();
    void redraw_choices(DWORD row);
    void redraw_picture();
    std::wstring text_of(DWORD field) const;
    std::wstring code_shown() const;
    bool shown(DWORD field) const;
    DWORD last_input() const;
    HRESULT hand_over(CREDENTIAL_PROVIDER_CREDENTIAL_SERIALIZATION *credential);

    mutable CRITICAL_SECTION lock_; /* Connect comes on another thread. Never held while something waits */
    Bell *bell_;
    ICredentialProviderCredentialEvents *events_ = nullptr;
    CREDENTIAL_PROVIDER_USAGE_SCENARIO scenario_;
    bool handed_over_ = false, advanced_ = false, allowed_ = false;
    bool reporting_ = false; /* the errand tells the agent what Windows made of the credential; the person may begin anew meanwhile */
    std::wstring values_[FIELDS];
    DWORD chosen_[ROWS] = {}, drawn_choices_[ROWS] = {};
    DWORD pressed_ = FIELDS;
    HBITMAP picture_ = nullptr; /* that Windows was told to draw last */
    std::wstring pictured_;
    Secret password_; /* frozen with the account, until Windows has it */
    std::wstring status_, notice_; /* told with the next answer to Windows; stands on the tile until the next logon */
    Account last_;
    std::string last_reference_; /* of the logon whose credential Windows has */
    std::unique_ptr<Logon> logon_;
    Errand *errand_ = nullptr; /* while it is there the logon is with it */
};

} // namespace sallyport
