#include "pictures.h"

#include <string.h>
#include <vips/vips.h>

int zl_pictures_start(void) {
    if (vips_init("zhili") != 0) return 1;
    // Loaders that nobody needs are doors that nobody needs.
    vips_block_untrusted_set(TRUE);
    vips_concurrency_set(1);
    vips_cache_set_max(0);
    return 0;
}

static int is_known(const char *loader) {
    return loader != NULL && (strcmp(loader, "VipsForeignLoadJpegBuffer") == 0 ||
                              strcmp(loader, "VipsForeignLoadPngBuffer") == 0 ||
                              strcmp(loader, "VipsForeignLoadWebpBuffer") == 0);
}

int zl_pictures_size(const void *bytes, size_t count, int *width, int *height) {
    if (!is_known(vips_foreign_find_load_buffer(bytes, count))) {
        vips_error_clear();
        return 1;
    }
    VipsImage *image = vips_image_new_from_buffer(bytes, count, "", "access", VIPS_ACCESS_SEQUENTIAL, NULL);
    if (image == NULL) {
        vips_error_clear();
        return 1;
    }
    *width = vips_image_get_width(image);
    *height = vips_image_get_height(image);
    g_object_unref(image);
    return 0;
}

int zl_pictures_jpeg(const void *bytes, size_t count, int edge, int quality, void **out, size_t *out_count, int *width,
                     int *height) {
    VipsImage *small = NULL;
    if (vips_thumbnail_buffer((void *)bytes, count, &small, edge, "height", edge, "size", VIPS_SIZE_DOWN, "fail_on",
                              VIPS_FAIL_ON_ERROR, NULL) != 0) {
        vips_error_clear();
        return 1;
    }
    *width = vips_image_get_width(small);
    *height = vips_image_get_height(small);
    int failed = vips_jpegsave_buffer(small, out, out_count, "Q", quality, "strip", TRUE, "optimize_coding", TRUE, NULL);
    g_object_unref(small);
    if (failed) vips_error_clear();
    return failed;
}

int zl_pictures_redact(const void *bytes, size_t count, int edge, int quality, const double *boxes, int box_count,
                       void **out, size_t *out_count, int *width, int *height) {
    VipsImage *small = NULL;
    if (vips_thumbnail_buffer((void *)bytes, count, &small, edge, "height", edge, "size", VIPS_SIZE_DOWN, "fail_on",
                              VIPS_FAIL_ON_ERROR, NULL) != 0) {
        vips_error_clear();
        return 1;
    }
    // Drawing changes pixels, so they must be ours.
    VipsImage *drawn = vips_image_copy_memory(small);
    g_object_unref(small);
    if (drawn == NULL) {
        vips_error_clear();
        return 1;
    }
    *width = vips_image_get_width(drawn);
    *height = vips_image_get_height(drawn);
    double ink[4] = {0, 0, 0, 0};
    int bands = vips_image_get_bands(drawn);
    int failed = bands < 1 || bands > 4;
    for (int i = 0; i < box_count && !failed; i++) {
        const double *box = boxes + 4 * i;
        // A box reaches to the next whole pixel on each side: nothing of what it covers is left at an edge.
        int left = (int)(box[0] * *width), top = (int)(box[1] * *height);
        int right = (int)((box[0] + box[2]) * *width) + 1, bottom = (int)((box[1] + box[3]) * *height) + 1;
        failed = vips_draw_rect(drawn, ink, bands, left, top, right - left, bottom - top, "fill", TRUE, NULL);
    }
    if (!failed)
        failed = vips_jpegsave_buffer(drawn, out, out_count, "Q", quality, "strip", TRUE, "optimize_coding", TRUE, NULL);
    g_object_unref(drawn);
    if (failed) vips_error_clear();
    return failed;
}

/// One piece as 8-bit sRGB with alpha; clear where there is none.
static VipsImage *piece(const void *bytes, size_t count, int side) {
    VipsImage *image = NULL, *colour = NULL, *alpha = NULL, *cast = NULL;
    if (bytes == NULL) {
        if (vips_black(&image, side, side, "bands", 4, NULL) != 0) return NULL;
        if (vips_copy(image, &colour, "interpretation", VIPS_INTERPRETATION_sRGB, NULL) != 0) colour = NULL;
        g_object_unref(image);
        return colour;
    }
    if (!is_known(vips_foreign_find_load_buffer(bytes, count))) return NULL;
    image = vips_image_new_from_buffer(bytes, count, "", "fail_on", VIPS_FAIL_ON_ERROR, NULL);
    if (image == NULL) return NULL;
    if (vips_image_get_width(image) != side || vips_image_get_height(image) != side ||
        vips_colourspace(image, &colour, VIPS_INTERPRETATION_sRGB, NULL) != 0) {
        g_object_unref(image);
        return NULL;
    }
    g_object_unref(image);
    if (vips_image_hasalpha(colour)) {
        alpha = colour;
    } else {
        int failed = vips_addalpha(colour, &alpha, NULL);
        g_object_unref(colour);
        if (failed) return NULL;
    }
    int failed = vips_cast(alpha, &cast, VIPS_FORMAT_UCHAR, NULL);
    g_object_unref(alpha);
    if (failed) return NULL;
    if (vips_image_get_bands(cast) == 4) return cast;
    g_object_unref(cast);
    return NULL;
}

int zl_pictures_cut(const void *const *pieces, const size_t *counts, int side, int left, int top, void **out,
                    size_t *out_count) {
    VipsImage *parts[4] = {NULL, NULL, NULL, NULL}, *joined = NULL, *cut = NULL;
    int failed = 0;
    for (int i = 0; i < 4 && !failed; i++) {
        parts[i] = piece(pieces[i], counts[i], side);
        failed = parts[i] == NULL;
    }
    if (!failed) failed = vips_arrayjoin(parts, &joined, 4, "across", 2, NULL);
    if (!failed) failed = vips_crop(joined, &cut, left, top, side, side, NULL);
    if (!failed) failed = vips_webpsave_buffer(cut, out, out_count, "Q", 90, "strip", TRUE, NULL);
    if (cut != NULL) g_object_unref(cut);
    if (joined != NULL) g_object_unref(joined);
    for (int i = 0; i < 4; i++)
        if (parts[i] != NULL) g_object_unref(parts[i]);
    if (failed) vips_error_clear();
    return failed;
}

void zl_pictures_free(void *bytes) { g_free(bytes); }
