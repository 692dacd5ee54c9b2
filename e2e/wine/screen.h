/* What a story's LogonUI has on its two sides: the screen that the tile draws on, and the person at the keyboard. */
#pragma once

#include <windows.h>

#include <credentialprovider.h>

#include <cstdio>
#include <cstring>
#include <deque>
#include <string>
#include <vector>

struct Drawn {
    CREDENTIAL_PROVIDER_FIELD_TYPE type;
    CREDENTIAL_PROVIDER_FIELD_STATE state;
    std::wstring label, value;
    std::vector<std::wstring> items;
    DWORD selected = 0;
    bool focused = false;
};

inline std::wstring size_of(HBITMAP bitmap) {
    BITMAP about = {};
    GetObjectW(bitmap, sizeof about, &about);
    return std::to_wstring(about.bmWidth) + L"x" + std::to_wstring(about.bmHeight);
}

/* The screen: keeps what the tile says is to be seen. */
class Screen final : public ICredentialProviderCredentialEvents {
  public:
    std::vector<Drawn> fields;
    DWORD beside_submit = 0;

    HRESULT STDMETHODCALLTYPE QueryInterface(REFIID id, void **out) override {
        bool known = IsEqualIID(id, __uuidof(IUnknown)) || IsEqualIID(id, __uuidof(ICredentialProviderCredentialEvents));
        *out = known ? this : nullptr;
        return known ? S_OK : E_NOINTERFACE;
    }
    ULONG STDMETHODCALLTYPE AddRef() override { return ++count; }
    ULONG STDMETHODCALLTYPE Release() override { return --count; }
    HRESULT STDMETHODCALLTYPE SetFieldState(ICredentialProviderCredential *, DWORD field, CREDENTIAL_PROVIDER_FIELD_STATE state) override {
        fields.at(field).state = state;
        return S_OK;
    }
    HRESULT STDMETHODCALLTYPE SetFieldInteractiveState(ICredentialProviderCredential *, DWORD field,
                                                       CREDENTIAL_PROVIDER_FIELD_INTERACTIVE_STATE state) override {
        for (Drawn &one : fields) one.focused = one.focused && state != CPFIS_FOCUSED;
        fields.at(field).focused = state == CPFIS_FOCUSED;
        return S_OK;
    }
    HRESULT STDMETHODCALLTYPE SetFieldString(ICredentialProviderCredential *, DWORD field, LPCWSTR text) override {
        fields.at(field).value = text;
        return S_OK;
    }
    HRESULT STDMETHODCALLTYPE SetFieldCheckbox(ICredentialProviderCredential *, DWORD, BOOL, LPCWSTR) override { return E_NOTIMPL; }
    HRESULT STDMETHODCALLTYPE SetFieldBitmap(ICredentialProviderCredential *, DWORD field, HBITMAP bitmap) override {
        fields.at(field).value = size_of(bitmap);
        return S_OK;
    }
    HRESULT STDMETHODCALLTYPE SetFieldComboBoxSelectedItem(ICredentialProviderCredential *, DWORD field, DWORD item) override {
        fields.at(field).selected = item;
        return S_OK;
    }
    HRESULT STDMETHODCALLTYPE DeleteFieldComboBoxItem(ICredentialProviderCredential *, DWORD field, DWORD item) override {
        std::vector<std::wstring> &items = fields.at(field).items;
        if (item >= items.size()) return E_INVALIDARG;
        items.erase(items.begin() + static_cast<ptrdiff_t>(item));
        return S_OK;
    }
    HRESULT STDMETHODCALLTYPE AppendFieldComboBoxItem(ICredentialProviderCredential *, DWORD field, LPCWSTR item) override {
        fields.at(field).items.emplace_back(item);
        return S_OK;
    }
    HRESULT STDMETHODCALLTYPE SetFieldSubmitButton(ICredentialProviderCredential *, DWORD, DWORD adjacent) override {
        beside_submit = adjacent;
        return S_OK;
    }
    HRESULT STDMETHODCALLTYPE OnCreatingWindow(HWND *window) override {
        *window = nullptr;
        return S_OK;
    }

    ULONG count = 1;
};

/* What the provider tells by itself: from whichever thread, so that only the event is set. */
class Bells final : public ICredentialProviderEvents {
  public:
    HRESULT STDMETHODCALLTYPE QueryInterface(REFIID, void **out) override { return *out = this, S_OK; }
    ULONG STDMETHODCALLTYPE AddRef() override { return static_cast<ULONG>(InterlockedIncrement(&count)); }
    ULONG STDMETHODCALLTYPE Release() override {
        LONG left = InterlockedDecrement(&count);
        if (left == 1) SetEvent(let_go);
        return static_cast<ULONG>(left);
    }
    /* Whoever rings lets go only after we have heard it, on a thread of its own. */
    bool are_let_go() {
        while (InterlockedCompareExchange(&count, 0, 0) != 1)
            if (WaitForSingleObject(let_go, 10'000) != WAIT_OBJECT_0) return false;
        return true;
    }
    HRESULT STDMETHODCALLTYPE CredentialsChanged(UINT_PTR context) override {
        if (context != CONTEXT) return E_INVALIDARG;
        SetEvent(rung);
        return S_OK;
    }
    static const UINT_PTR CONTEXT = 4711;
    HANDLE rung = CreateEventW(nullptr, FALSE, FALSE, nullptr), let_go = CreateEventW(nullptr, FALSE, FALSE, nullptr);
    LONG count = 1;
};

/* Lines of standard input, read on a thread of their own: the person can leave while the tile waits. */
class Person {
  public:
    void listen() { CloseHandle(CreateThread(nullptr, 0, run, this, 0, nullptr)); }
    /* Empty if `bell` was rung first. */
    std::string next(HANDLE bell) {
        HANDLE either[] = {bell, there};
        if (WaitForMultipleObjects(2, either, FALSE, INFINITE) == WAIT_OBJECT_0) return "";
        AcquireSRWLockExclusive(&lock);
        std::string line = lines.front();
        lines.pop_front();
        if (lines.empty()) ResetEvent(there);
        ReleaseSRWLockExclusive(&lock);
        return line;
    }

    /* True if the next line is `leave`; any other stays for later. */
    bool leaves() {
        AcquireSRWLockExclusive(&lock);
        bool leaves = !lines.empty() && lines.front() == "leave";
        if (leaves) lines.pop_front();
        if (lines.empty()) ResetEvent(there);
        ReleaseSRWLockExclusive(&lock);
        return leaves;
    }

  private:
    static DWORD WINAPI run(void *given) {
        auto *self = static_cast<Person *>(given);
        char line[8192];
        while (fgets(line, sizeof line, stdin)) self->add(std::string(line, strcspn(line, "\r\n")));
        self->add("quit");
        return 0;
    }
    void add(const std::string &line) {
        AcquireSRWLockExclusive(&lock);
        lines.push_back(line);
        SetEvent(there);
        ReleaseSRWLockExclusive(&lock);
    }
    HANDLE there = CreateEventW(nullptr, TRUE, FALSE, nullptr);
    SRWLOCK lock = SRWLOCK_INIT;
    std::deque<std::string> lines;
};
