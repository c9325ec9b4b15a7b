#include "print.h"

#include <cairo-pdf.h>
#include <pango/pangocairo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct zl_print {
    cairo_surface_t *surface;
    cairo_t *cairo;
    PangoFontMap *fonts;
    PangoContext *context;
    char *family;
    unsigned char *bytes;
    size_t count, room, limit;
};

typedef struct {
    double x, top, height, baseline;
} zl_line;

struct zl_text {
    PangoLayout *layout;
    zl_line *lines;
    int count;
    double width;
};

static cairo_status_t take(void *closure, const unsigned char *data, unsigned length) {
    zl_print *print = closure;
    if (length > print->limit - print->count) return CAIRO_STATUS_WRITE_ERROR;
    if (print->count + length > print->room) {
        size_t room = print->room == 0 ? 65536 : print->room * 2;
        while (room < print->count + length) room *= 2;
        unsigned char *bytes = realloc(print->bytes, room);
        if (bytes == NULL) return CAIRO_STATUS_NO_MEMORY;
        print->bytes = bytes;
        print->room = room;
    }
    memcpy(print->bytes + print->count, data, length);
    print->count += length;
    return CAIRO_STATUS_SUCCESS;
}

zl_print *zl_print_open(double width, double height, const char *title, const char *family, size_t limit) {
    zl_print *print = calloc(1, sizeof *print);
    if (print == NULL) return NULL;
    print->limit = limit;
    print->family = strdup(family);
    print->surface = cairo_pdf_surface_create_for_stream(take, print, width, height);
    cairo_pdf_surface_set_metadata(print->surface, CAIRO_PDF_METADATA_TITLE, title);
    cairo_pdf_surface_set_metadata(print->surface, CAIRO_PDF_METADATA_CREATOR, "Zhili");
    print->cairo = cairo_create(print->surface);
    // A font map of its own: the default one belongs to the thread and would outlive it.
    print->fonts = pango_cairo_font_map_new();
    print->context = pango_font_map_create_context(print->fonts);
    pango_context_set_language(print->context, pango_language_from_string("zh-cn"));
    pango_cairo_context_set_resolution(print->context, 72);
    if (print->family == NULL || cairo_status(print->cairo) != CAIRO_STATUS_SUCCESS) {
        zl_print_free(print);
        return NULL;
    }
    return print;
}

void zl_print_free(zl_print *print) {
    if (print == NULL) return;
    g_object_unref(print->context);
    g_object_unref(print->fonts);
    cairo_destroy(print->cairo);
    cairo_surface_destroy(print->surface);
    free(print->family);
    free(print->bytes);
    free(print);
}

zl_text *zl_text_make(zl_print *print, const char *utf8, double size, int bold, double width, zl_alignment alignment) {
    zl_text *text = calloc(1, sizeof *text);
    if (text == NULL) return NULL;
    text->layout = pango_layout_new(print->context);
    PangoFontDescription *font = pango_font_description_new();
    pango_font_description_set_family(font, print->family);
    pango_font_description_set_absolute_size(font, size * PANGO_SCALE);
    pango_font_description_set_weight(font, bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
    pango_layout_set_font_description(text->layout, font);
    pango_font_description_free(font);
    pango_layout_set_width(text->layout, (int)(width * PANGO_SCALE));
    pango_layout_set_wrap(text->layout, PANGO_WRAP_WORD_CHAR);
    pango_layout_set_alignment(text->layout, alignment == ZL_RIGHT    ? PANGO_ALIGN_RIGHT
                                             : alignment == ZL_CENTRE ? PANGO_ALIGN_CENTER
                                                                      : PANGO_ALIGN_LEFT);
    pango_layout_set_text(text->layout, utf8, -1);

    text->count = pango_layout_get_line_count(text->layout);
    text->lines = calloc((size_t)text->count, sizeof *text->lines);
    PangoLayoutIter *iter = text->lines == NULL ? NULL : pango_layout_get_iter(text->layout);
    if (iter == NULL) {
        zl_text_free(text);
        return NULL;
    }
    for (int index = 0; index < text->count; index++) {
        PangoRectangle extents;
        pango_layout_iter_get_line_extents(iter, NULL, &extents);
        zl_line *line = &text->lines[index];
        line->x = (double)extents.x / PANGO_SCALE;
        line->top = (double)extents.y / PANGO_SCALE;
        line->height = (double)extents.height / PANGO_SCALE;
        line->baseline = (double)pango_layout_iter_get_baseline(iter) / PANGO_SCALE;
        double wide = (double)extents.width / PANGO_SCALE;
        if (wide > text->width) text->width = wide;
        if (!pango_layout_iter_next_line(iter)) {
            text->count = index + 1;
            break;
        }
    }
    pango_layout_iter_free(iter);
    return text;
}

void zl_text_free(zl_text *text) {
    if (text == NULL) return;
    g_object_unref(text->layout);
    free(text->lines);
    free(text);
}

int zl_text_lines(const zl_text *text) { return text->count; }

double zl_text_height(const zl_text *text, int from, int to) {
    if (from < 0 || to > text->count || from >= to) return 0;
    const zl_line *last = &text->lines[to - 1];
    return last->top + last->height - text->lines[from].top;
}

double zl_text_width(const zl_text *text) { return text->width; }

static void colour_of(zl_print *print, unsigned colour) {
    cairo_set_source_rgb(print->cairo, ((colour >> 16) & 255) / 255.0, ((colour >> 8) & 255) / 255.0,
                         (colour & 255) / 255.0);
}

void zl_print_text(zl_print *print, const zl_text *text, int from, int to, double x, double y, unsigned colour) {
    if (from < 0 || to > text->count) return;
    colour_of(print, colour);
    for (int index = from; index < to; index++) {
        const zl_line *line = &text->lines[index];
        cairo_move_to(print->cairo, x + line->x, y + line->baseline - text->lines[from].top);
        pango_cairo_show_layout_line(print->cairo, pango_layout_get_line_readonly(text->layout, index));
    }
}

void zl_print_rectangle(zl_print *print, double x, double y, double width, double height, unsigned colour) {
    colour_of(print, colour);
    cairo_rectangle(print->cairo, x, y, width, height);
    cairo_fill(print->cairo);
}

void zl_print_line(zl_print *print, const double *points, int count, double thickness, unsigned colour, int dashed) {
    colour_of(print, colour);
    cairo_set_line_width(print->cairo, thickness);
    cairo_set_line_join(print->cairo, CAIRO_LINE_JOIN_ROUND);
    const double dash[] = {4, 2.5};
    cairo_set_dash(print->cairo, dash, dashed ? 2 : 0, 0);
    for (int index = 0; index < count; index++) {
        if (index == 0) cairo_move_to(print->cairo, points[0], points[1]);
        else cairo_line_to(print->cairo, points[index * 2], points[index * 2 + 1]);
    }
    cairo_stroke(print->cairo);
}

void zl_print_link(zl_print *print, const char *address, double x, double y, double width, double height) {
    // The caller has escaped what would end the string.
    size_t room = strlen(address) + 160;
    char *attributes = malloc(room);
    if (attributes == NULL) return;
    snprintf(attributes, room, "rect=[%.2f %.2f %.2f %.2f] uri='%s'", x, y, width, height, address);
    cairo_tag_begin(print->cairo, CAIRO_TAG_LINK, attributes);
    cairo_tag_end(print->cairo, CAIRO_TAG_LINK);
    free(attributes);
}

void zl_print_next_page(zl_print *print) { cairo_show_page(print->cairo); }

int zl_print_finish(zl_print *print, const unsigned char **bytes, size_t *count) {
    cairo_status_t drawn = cairo_status(print->cairo);
    cairo_surface_finish(print->surface);
    cairo_status_t status = drawn != CAIRO_STATUS_SUCCESS ? drawn : cairo_surface_status(print->surface);
    *bytes = print->bytes;
    *count = print->count;
    return (int)status;
}
