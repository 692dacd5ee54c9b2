/* The tile on the logon screen: draws what the agent shows, hands Windows the frozen credential once. */
#pragma once

#include "errand.h"
#include "serialization.h"

namespace sallyport {

/* Windows asks for all fields before the first show, so there is room for the longest show that the door allows.
 * NUMBER: what the agent tells while it waits, in large letters. */
enum : DWORD { IMAGE, TITLE, NUMBER, TEXT, USER = TEXT + LINES, PASSWORD, FIRST_ROW };
/* A row draws any kind of field: its label, and one of the others. */
enum : DWORD { LABEL, EDIT, SECRET, CHOICE, LINK, CELLS };
enum : DWORD { CANCEL = FIRST_ROW + ROWS * CELLS, SUBMIT, FIELDS };

inline DWORD cell(DWORD row, DWORD which) { return FIRST_ROW + row * CELLS + which; }
inline bool is_cell(DWORD field) { return field >= FIRST_ROW && field < CANCEL; }
inline bool is_text(DWORD field) { return field >= TEXT && field < USER; }
inline DWORD row_of(DWORD field) { return (field - FIRST_ROW) / CELLS; }
inline DWORD which_of(DWORD field) { return (field - FIRST_ROW) % CELLS; }

FieldType type_of(DWORD field);
const wchar_t *label_of(DWORD field);
/* The cell in which a field of a show is answered; LABEL if there is nothing to answer. */
DWORD input_of(const Field &field);

class Tile final : public Object<Tile, IConnectableCredentialProviderCredential, ICredentialProviderCredential> {
  public:
    explicit Tile(Scenario scenario) : scenario_(scenario) {}

    /* for the provider */
    Bell &bell() { return *bell_; }
    /* False where nothing may be handed over. */
    bool take_over(Handed &handed);
    /* True if Windows shall ask for the credential without anybody pressing Enter. */
    bool goes_on_by_itself();
    /* The provider lets go: an open logon ends. */
    void retire();

    /* what is drawn */
    STDMETHODIMP Advise(ICredentialProviderCredentialEvents *events) override;
    STDMETHODIMP UnAdvise() override { return Advise(nullptr); }
    STDMETHODIMP SetSelected(BOOL *auto_logon) override;
    STDMETHODIMP SetDeselected() override;
    STDMETHODIMP GetFieldState(DWORD field, CREDENTIAL_PROVIDER_FIELD_STATE *state, CREDENTIAL_PROVIDER_FIELD_INTERACTIVE_STATE *focus) override;
    STDMETHODIMP GetStringValue(DWORD field, LPWSTR *value) override;
    STDMETHODIMP GetBitmapValue(DWORD field, HBITMAP *bitmap) override;
    STDMETHODIMP GetCheckboxValue(DWORD, BOOL *, LPWSTR *) override { return E_NOTIMPL; }
    STDMETHODIMP GetSubmitButtonValue(DWORD field, DWORD *adjacent) override;
    STDMETHODIMP GetComboBoxValueCount(DWORD field, DWORD *count, DWORD *selected) override;
    STDMETHODIMP GetComboBoxValueAt(DWORD field, DWORD item, LPWSTR *value) override;

    /* what the person does */
    STDMETHODIMP SetStringValue(DWORD field, LPCWSTR value) override;
    STDMETHODIMP SetCheckboxValue(DWORD, BOOL) override { return E_NOTIMPL; }
    STDMETHODIMP SetComboBoxSelectedValue(DWORD field, DWORD item) override;
    STDMETHODIMP CommandLinkClicked(DWORD field) override;

    /* what Windows asks for */
    STDMETHODIMP Connect(IQueryContinueWithStatus *query) override;
    /* For tiles that hold a network connection; ours ends with the person's leaving. */
    STDMETHODIMP Disconnect() override { return E_NOTIMPL; }
    STDMETHODIMP GetSerialization(Response *response, Credential *credential, LPWSTR *text, Icon *icon) override;
    STDMETHODIMP ReportResult(NTSTATUS status, NTSTATUS sub_status, LPWSTR *text, Icon *icon) override;

  private:
    friend class Counted<Tile>;
    ~Tile();
    bool waiting() const { return errand_ && !reporting_; }
    const Show *show() const { return logon_ && !waiting() ? &logon_->show() : nullptr; }
    const Field *field_of(DWORD field) const;
    Errand *prepare();
    bool freeze(Errand &errand);
    bool fill_all(Errand &errand);
    bool fill(DWORD row, Values &values);
    void forget_errand();
    bool collect();
    void settle(Step step);
    void leave();
    void redraw();
    void redraw_choices(DWORD row);
    std::wstring text_of(DWORD field) const;
    std::wstring code_shown() const;
    bool shown(DWORD field) const;
    DWORD last_input() const;
    void hand_over(Credential &credential);

    Lock lock_; /* Connect comes on another thread. Never held while something waits */
    Bell *bell_ = new Bell();
    ICredentialProviderCredentialEvents *events_ = nullptr;
    Scenario scenario_;
    bool handed_over_ = false, advanced_ = false;
    bool reporting_ = false; /* the errand tells the agent what Windows made of the credential; the person may begin anew meanwhile */
    std::wstring values_[FIELDS];
    DWORD chosen_[ROWS] = {}, drawn_choices_[ROWS] = {};
    DWORD pressed_ = FIELDS;
    HBITMAP picture_ = nullptr; /* that Windows was told to draw last */
    std::wstring pictured_;
    Secret password_;               /* frozen with the account, until Windows has it */
    std::wstring status_, notice_;  /* told with the next answer to Windows; stands on the tile until the next logon */
    std::unique_ptr<Logon> logon_;  /* that is under way */
    std::unique_ptr<Logon> passed_; /* whose credential Windows has */
    Errand *errand_ = nullptr;      /* while it is there the logon is with it */
};

} // namespace sallyport
