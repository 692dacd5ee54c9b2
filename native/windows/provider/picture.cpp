/* Draws into a bitmap of 32 bits: Windows scales it to the tile. */
#include "picture.h"

namespace sallyport {

namespace {

const size_t SIDE_MAX = 512, MODULES_MAX = 190, QUIET = 2; /* the agent leaves two modules around, two more make it the standard's four */
const DWORD LIGHT = 0xffffffff, DARK = 0xff000000, WALL = 0xff1f3a5f;

/* Of each character the upper and the lower module. */
bool is_dark(wchar_t drawn, bool lower) { return drawn == L' ' || drawn == (lower ? L'\u2580' : L'\u2584'); }

/* `side` pixels each way, from above. */
HBITMAP make_bitmap(size_t side, DWORD **pixels) {
    BITMAPINFO info = {};
    info.bmiHeader.biSize = sizeof info.bmiHeader;
    info.bmiHeader.biWidth = static_cast<LONG>(side);
    info.bmiHeader.biHeight = -static_cast<LONG>(side);
    info.bmiHeader.biPlanes = 1;
    info.bmiHeader.biBitCount = 32;
    return CreateDIBSection(nullptr, &info, DIB_RGB_COLORS, reinterpret_cast<void **>(pixels), nullptr, 0);
}

HBITMAP draw_code(const std::wstring &drawn) {
    size_t wide = drawn.find(L'\n'), side = wide + 2 * QUIET, scale = SIDE_MAX / side;
    DWORD *pixels = nullptr;
    HBITMAP bitmap = make_bitmap(side * scale, &pixels);
    for (size_t i = 0; bitmap && i < side * scale * side * scale; i++) {
        size_t row = i / (side * scale) / scale, column = i % (side * scale) / scale;
        bool inside = row >= QUIET && column >= QUIET && row < wide + QUIET && column < wide + QUIET;
        size_t at = inside ? (row - QUIET) / 2 * (wide + 1) + column - QUIET : 0;
        pixels[i] = inside && is_dark(drawn[at], (row - QUIET) % 2) ? DARK : LIGHT;
    }
    return bitmap;
}

HBITMAP draw_gate() {
    const int side = 128, middle = side / 2, half = 30, top = 56, ground = 104;
    DWORD *pixels = nullptr;
    HBITMAP bitmap = make_bitmap(side, &pixels);
    for (int i = 0; bitmap && i < side * side; i++) {
        int x = i % side - middle, y = i / side;
        bool arch = y < top ? x * x + (y - top) * (y - top) < half * half : y < ground && x > -half && x < half;
        pixels[i] = arch ? LIGHT : WALL;
    }
    return bitmap;
}

} // namespace

bool is_code(const std::wstring &drawn) {
    size_t wide = drawn.find(L'\n');
    if (wide == std::wstring::npos || wide < 21 || wide > MODULES_MAX) return false;
    size_t lines = (wide + 1) / 2;
    if (drawn.size() != lines * (wide + 1) - 1) return false;
    for (size_t i = 0; i < drawn.size(); i++) {
        bool end = i % (wide + 1) == wide;
        if (end ? drawn[i] != L'\n' : !(drawn[i] == L' ' || drawn[i] == L'\u2580' || drawn[i] == L'\u2584' || drawn[i] == L'\u2588')) return false;
    }
    return true;
}

HBITMAP draw_picture(const std::wstring &drawn) { return is_code(drawn) ? draw_code(drawn) : draw_gate(); }

} // namespace sallyport
