/* Windows' side of one tile: how provider, filter and tile are found, asked and drawn, and what becomes of that as JSON. */
#pragma once

#include <windows.h>

#include <credentialprovider.h>

#include <cstdio>
#include <string>
#include <vector>

#include "../../native/windows/provider/serialization.h"
#include "../../native/windows/provider/text.h"
#include "growth.h"
#include "pretend.h"
#include "screen.h"

using namespace sallyport;

namespace {

const wchar_t AUTHENTICATION[] = L"SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Authentication\\";
/* Windows' own for passwords and for cards. */
const wchar_t *const OTHERS[] = {L"{60B78E88-EAD8-445C-9CFD-0B87F74EA6CD}", L"{8FD7E19C-3BF7-489B-A72C-846AB3678C96}"};

std::string json(const wchar_t *text) { return quoted(to_utf8(text ? text : L"")); }

void say(const std::string &line) {
    fputs((line + "\n").c_str(), stdout);
    fflush(stdout);
}

[[noreturn]] void fail(const char *what, HRESULT result) {
    char code[16];
    snprintf(code, sizeof code, "0x%08lX", static_cast<unsigned long>(result));
    say(std::string("{\"fault\":") + quoted(what) + ",\"result\":\"" + code + "\"}");
    ExitProcess(1);
}

void must(const char *what, HRESULT result) {
    if (result != S_OK) fail(what, result);
}

/* What Windows hands to Connect. */
class Waiting final : public IQueryContinueWithStatus {
  public:
    volatile LONG left = 0;
    bool hasty = false;
    std::vector<std::wstring> told;
    HRESULT STDMETHODCALLTYPE QueryInterface(REFIID, void **out) override { return *out = this, S_OK; }
    ULONG STDMETHODCALLTYPE AddRef() override { return 2; }
    ULONG STDMETHODCALLTYPE Release() override { return 1; }
    HRESULT STDMETHODCALLTYPE QueryContinue() override { return left ? S_FALSE : S_OK; }
    HRESULT STDMETHODCALLTYPE SetStatusMessage(LPCWSTR text) override {
        told.emplace_back(text);
        say("{\"telling\":" + json(text) + "}");
        if (hasty) left = 1;
        return S_OK;
    }
    IConnectableCredentialProviderCredential *tile = nullptr;
    HRESULT result = E_PENDING;
    ULONGLONG called = 0; /* when, in microseconds */
};

/* Finer than ticks, which move every 16 ms. */
ULONGLONG now_us() {
    LARGE_INTEGER now, rate;
    QueryPerformanceCounter(&now);
    QueryPerformanceFrequency(&rate);
    return static_cast<ULONGLONG>(now.QuadPart * 1'000'000 / rate.QuadPart);
}

DWORD WINAPI connect(void *given) {
    auto *waiting = static_cast<Waiting *>(given);
    waiting->called = now_us();
    waiting->result = waiting->tile->Connect(waiting);
    return 0;
}

ICredentialProvider *provider;
ICredentialProviderFilter *filter;
ICredentialProviderCredential *tile;
CREDENTIAL_PROVIDER_USAGE_SCENARIO scenario = CPUS_LOGON;
Screen screen;
Bells bells;
Person person;
bool direct, hasty, dawdles;

std::string describe(DWORD id, const Drawn &one) {
    static const char *const types[] = {"", "large-text", "small-text", "link", "edit", "password", "image", "checkbox", "choice", "submit"};
    std::string text = "{\"field\":" + std::to_string(id) + ",\"type\":" + quoted(types[one.type]) + ",\"label\":" + json(one.label.c_str()) +
                       ",\"value\":" + json(one.value.c_str()) + ",\"focused\":" + (one.focused ? "true" : "false");
    if (one.type != CPFT_COMBOBOX) return text + "}";
    text += ",\"items\":[";
    for (size_t i = 0; i < one.items.size(); i++) text += (i ? "," : "") + json(one.items[i].c_str());
    return text + "]}";
}

/* `waiting`: the tile works by itself, and has a link to end that. */
std::string describe_screen() {
    std::string text = "[";
    bool waiting = false;
    for (DWORD id = 0; id < screen.fields.size(); id++) {
        const Drawn &one = screen.fields[id];
        bool seen = one.state != CPFS_HIDDEN && !(one.value.empty() && (one.type == CPFT_SMALL_TEXT || one.type == CPFT_LARGE_TEXT));
        if (seen) text += (text.size() > 1 ? "," : "") + describe(id, one);
        waiting = waiting || (seen && one.type == CPFT_COMMAND_LINK && one.label == L"Cancel");
    }
    return text + "],\"besideSubmit\":" + std::to_string(screen.beside_submit) + ",\"waiting\":" + (waiting ? "true" : "false");
}

/* The first entry of `kind` in the registry that is a COM class with a DLL, as Windows finds it. */
std::wstring load(const wchar_t *kind, REFIID id, void **out) {
    HKEY key;
    wchar_t name[64];
    DWORD size = 64;
    CLSID found;
    if (RegOpenKeyExW(HKEY_LOCAL_MACHINE, (std::wstring(AUTHENTICATION) + kind).c_str(), 0, KEY_READ, &key) != ERROR_SUCCESS ||
        RegEnumKeyExW(key, 0, name, &size, nullptr, nullptr, nullptr, nullptr) != ERROR_SUCCESS)
        fail("no provider is registered", E_FAIL);
    RegCloseKey(key);
    must("CLSIDFromString", CLSIDFromString(name, &found));
    must("CoCreateInstance", CoCreateInstance(found, nullptr, CLSCTX_INPROC_SERVER, id, out));
    return name;
}

/* Before anything else of the DLL's is used: it must answer to what it asks for. */
void pretend(const char *name, const void *answer) {
    if (!answer_import(GetModuleHandleW(L"sallyport_provider.dll"), name, answer)) fail("it does not ask Windows that", E_FAIL);
}

/* Which of Windows' own providers and ours the filter leaves. */
std::string ask_filter(const std::wstring &ours) {
    GUID all[3];
    BOOL allowed[3] = {TRUE, TRUE, TRUE};
    for (int i = 0; i < 3; i++) must("CLSIDFromString", CLSIDFromString(i < 2 ? OTHERS[i] : ours.c_str(), &all[i]));
    must("Filter", filter->Filter(scenario, 0, all, allowed, 3));
    std::string text = "{\"passwords\":", names[] = {",\"cards\":", ",\"ours\":", "}"};
    for (int i = 0; i < 3; i++) text += (allowed[i] ? "true" : "false") + names[i];
    return text;
}

void read_field(DWORD id) {
    CREDENTIAL_PROVIDER_FIELD_DESCRIPTOR *descriptor = nullptr;
    CREDENTIAL_PROVIDER_FIELD_INTERACTIVE_STATE interactive;
    LPWSTR text = nullptr;
    HBITMAP bitmap = nullptr;
    DWORD count = 0;
    must("GetFieldDescriptorAt", provider->GetFieldDescriptorAt(id, &descriptor));
    Drawn &one = screen.fields[id];
    one.type = descriptor->cpft;
    one.label = descriptor->pszLabel;
    one.items.clear();
    must("GetFieldState", tile->GetFieldState(id, &one.state, &interactive));
    one.focused = interactive == CPFIS_FOCUSED;
    if (one.type == CPFT_TILE_IMAGE) {
        must("GetBitmapValue", tile->GetBitmapValue(id, &bitmap));
        one.value = size_of(bitmap);
        DeleteObject(bitmap);
    } else if (one.type == CPFT_SUBMIT_BUTTON) must("GetSubmitButtonValue", tile->GetSubmitButtonValue(id, &screen.beside_submit));
    else if (one.type == CPFT_COMBOBOX) {
        must("GetComboBoxValueCount", tile->GetComboBoxValueCount(id, &count, &one.selected));
        for (DWORD item = 0; item < count; item++) {
            must("GetComboBoxValueAt", tile->GetComboBoxValueAt(id, item, &text));
            one.items.emplace_back(text);
            CoTaskMemFree(text);
        }
        text = nullptr;
    } else {
        must("GetStringValue", tile->GetStringValue(id, &text));
        one.value = text;
    }
    CoTaskMemFree(text);
    CoTaskMemFree(descriptor->pszLabel);
    CoTaskMemFree(descriptor);
}

/* Tile and fields anew, as after CredentialsChanged. Answers whether Windows is to go on by itself. */
bool take_up() {
    DWORD count = 0, preferred = 0;
    BOOL by_provider = FALSE, by_tile = FALSE;
    must("GetCredentialCount", provider->GetCredentialCount(&count, &preferred, &by_provider));
    if (count != 1 || preferred != 0) fail("not one tile", E_FAIL);
    must("GetCredentialAt", provider->GetCredentialAt(preferred, &tile));
    must("GetFieldDescriptorCount", provider->GetFieldDescriptorCount(&count));
    screen.fields.resize(count);
    for (DWORD id = 0; id < count; id++) read_field(id);
    must("Advise", tile->Advise(&screen));
    must("SetSelected", tile->SetSelected(&by_tile));
    return by_provider && by_tile;
}

void put_down() {
    must("SetDeselected", tile->SetDeselected());
    must("UnAdvise", tile->UnAdvise());
    tile->Release();
    tile = nullptr;
}

std::string describe_credential(const CREDENTIAL_PROVIDER_CREDENTIAL_SERIALIZATION &credential) {
    wchar_t id[64] = L"";
    char byte[4];
    std::string hex;
    StringFromGUID2(credential.clsidCredentialProvider, id, 64);
    for (ULONG i = 0; i < credential.cbSerialization; i++) {
        snprintf(byte, sizeof byte, "%02x", credential.rgbSerialization[i]);
        hex += byte;
    }
    return ",\"credential\":{\"package\":" + std::to_string(credential.ulAuthenticationPackage) + ",\"provider\":" + json(id) +
           ",\"bytes\":\"" + hex + "\"}";
}

} // namespace
