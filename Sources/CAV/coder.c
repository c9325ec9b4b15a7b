#include "cav.h"

#include <libavcodec/avcodec.h>
#include <libavutil/opt.h>
#include <stdlib.h>
#include <string.h>

struct zl_coder {
    AVCodecContext *context;
    AVFrame *frame;
    AVPacket *packet;
};

zl_coder *zl_coder_new(int width, int height, int per_second, int bit_rate, int hevc) {
    av_log_set_level(AV_LOG_QUIET);
    const AVCodec *codec = avcodec_find_encoder_by_name(hevc ? "libx265" : "libx264");
    if (codec == NULL || width % 2 || height % 2 || per_second < 1) return NULL;
    zl_coder *coder = calloc(1, sizeof *coder);
    if (coder == NULL) return NULL;
    coder->context = avcodec_alloc_context3(codec);
    coder->frame = av_frame_alloc();
    coder->packet = av_packet_alloc();
    if (coder->context == NULL || coder->frame == NULL || coder->packet == NULL) goto failed;
    AVCodecContext *context = coder->context;
    context->width = width;
    context->height = height;
    context->pix_fmt = AV_PIX_FMT_YUV420P;
    context->time_base = (AVRational){1, per_second};
    context->framerate = (AVRational){per_second, 1};
    context->gop_size = per_second;
    context->max_b_frames = 0;
    context->bit_rate = bit_rate;
    context->thread_count = 1;
    av_opt_set(context->priv_data, "preset", "ultrafast", 0);
    av_opt_set(context->priv_data, "tune", "zerolatency", 0);
    if (hevc) {
        av_opt_set(context->priv_data, "x265-params", "log-level=none:pools=1:frame-threads=1:repeat-headers=1", 0);
    } else {
        av_opt_set(context->priv_data, "x264-params", "scenecut=0:sliced-threads=0:repeat-headers=1", 0);
    }
    if (avcodec_open2(context, codec, NULL) < 0) goto failed;
    coder->frame->format = context->pix_fmt;
    coder->frame->width = width;
    coder->frame->height = height;
    if (av_frame_get_buffer(coder->frame, 0) < 0) goto failed;
    return coder;
failed:
    zl_coder_free(coder);
    return NULL;
}

uint8_t *zl_coder_plane(zl_coder *coder, int plane, int *stride) {
    if (plane < 0 || plane > 2 || av_frame_make_writable(coder->frame) < 0) return NULL;
    *stride = coder->frame->linesize[plane];
    return coder->frame->data[plane];
}

int zl_coder_code(zl_coder *coder, int64_t number, const uint8_t **bytes, size_t *count, int *is_key) {
    coder->frame->pts = number;
    coder->frame->pict_type = AV_PICTURE_TYPE_NONE;
    int result = avcodec_send_frame(coder->context, coder->frame);
    if (result < 0) return result;
    av_packet_unref(coder->packet);
    result = avcodec_receive_packet(coder->context, coder->packet);
    if (result == AVERROR(EAGAIN)) return 0;
    if (result < 0) return result;
    *bytes = coder->packet->data;
    *count = (size_t)coder->packet->size;
    *is_key = coder->packet->flags & AV_PKT_FLAG_KEY ? 1 : 0;
    return 1;
}

void zl_coder_free(zl_coder *coder) {
    if (coder == NULL) return;
    av_packet_free(&coder->packet);
    av_frame_free(&coder->frame);
    avcodec_free_context(&coder->context);
    free(coder);
}
