#include "cav.h"

#include <libavcodec/avcodec.h>
#include <libavutil/opt.h>
#include <libswscale/swscale.h>
#include <stdlib.h>
#include <string.h>

/* Of a hostile stream's pictures; 8K is 7680 × 4320. */
static const int64_t most_pixels = 4096 * 2304;
/* Between key frames, at 90 kHz. */
static const int64_t key_step = 2 * 90000;

struct zl_transcoder {
    AVCodecContext *decoder;
    AVCodecContext *coder;
    AVFrame *decoded;
    AVFrame *drawn;
    AVPacket *packet;
    struct SwsContext *scaler;
    int most_width;
    int64_t last_key;
    int64_t last_time;
};

zl_transcoder *zl_transcoder_new(int most_width) {
    av_log_set_level(AV_LOG_QUIET);
    const AVCodec *codec = avcodec_find_decoder(AV_CODEC_ID_HEVC);
    if (codec == NULL || most_width < 16) return NULL;
    zl_transcoder *transcoder = calloc(1, sizeof *transcoder);
    if (transcoder == NULL) return NULL;
    transcoder->most_width = most_width;
    transcoder->decoder = avcodec_alloc_context3(codec);
    transcoder->decoded = av_frame_alloc();
    transcoder->packet = av_packet_alloc();
    if (transcoder->decoder == NULL || transcoder->decoded == NULL || transcoder->packet == NULL) goto failed;
    transcoder->decoder->thread_count = 1;
    transcoder->decoder->max_pixels = most_pixels;
    transcoder->decoder->pkt_timebase = (AVRational){1, 90000};
    /* Live: nothing is held back longer than the stream's own order asks for. */
    transcoder->decoder->flags |= AV_CODEC_FLAG_LOW_DELAY;
    if (avcodec_open2(transcoder->decoder, codec, NULL) < 0) goto failed;
    return transcoder;
failed:
    zl_transcoder_free(transcoder);
    return NULL;
}

/* Makes the coder anew for pictures of this size. */
static int begin(zl_transcoder *transcoder, int width, int height) {
    avcodec_free_context(&transcoder->coder);
    av_frame_free(&transcoder->drawn);
    const AVCodec *codec = avcodec_find_encoder_by_name("libx264");
    transcoder->coder = codec == NULL ? NULL : avcodec_alloc_context3(codec);
    transcoder->drawn = av_frame_alloc();
    AVCodecContext *context = transcoder->coder;
    if (context == NULL || transcoder->drawn == NULL) return AVERROR(ENOMEM);
    context->width = width;
    context->height = height;
    context->pix_fmt = AV_PIX_FMT_YUV420P;
    context->time_base = (AVRational){1, 90000};
    context->framerate = (AVRational){25, 1};
    context->gop_size = 250; /* key frames are asked for by time */
    context->max_b_frames = 0;
    context->thread_count = 1;
    context->rc_max_rate = 3000000;
    context->rc_buffer_size = 3000000;
    av_opt_set(context->priv_data, "preset", "ultrafast", 0);
    av_opt_set(context->priv_data, "tune", "zerolatency", 0);
    av_opt_set(context->priv_data, "profile", "baseline", 0);
    av_opt_set(context->priv_data, "crf", "25", 0);
    av_opt_set(context->priv_data, "forced-idr", "1", 0);
    av_opt_set(context->priv_data, "x264-params", "scenecut=0:sliced-threads=0:repeat-headers=1", 0);
    int result = avcodec_open2(context, codec, NULL);
    if (result < 0) return result;
    transcoder->drawn->format = context->pix_fmt;
    transcoder->drawn->width = width;
    transcoder->drawn->height = height;
    transcoder->last_key = ZL_NO_TIME;
    transcoder->last_time = ZL_NO_TIME;
    return av_frame_get_buffer(transcoder->drawn, 0);
}

/* Draws what was decoded in the coder's size, and codes it. */
static int code(zl_transcoder *transcoder) {
    AVFrame *from = transcoder->decoded;
    int width = from->width, height = from->height;
    if (width > transcoder->most_width) {
        height = (int)((int64_t)height * transcoder->most_width / width);
        width = transcoder->most_width;
    }
    width &= ~1;
    height &= ~1;
    if (width < 16 || height < 16) return AVERROR_INVALIDDATA;
    if (transcoder->coder == NULL || transcoder->coder->width != width || transcoder->coder->height != height) {
        int result = begin(transcoder, width, height);
        if (result < 0) return result;
    }
    transcoder->scaler = sws_getCachedContext(
        transcoder->scaler, from->width, from->height, from->format, width, height, AV_PIX_FMT_YUV420P,
        SWS_FAST_BILINEAR, NULL, NULL, NULL);
    AVFrame *to = transcoder->drawn;
    if (transcoder->scaler == NULL || av_frame_make_writable(to) < 0) return AVERROR(ENOMEM);
    sws_scale(
        transcoder->scaler, (const uint8_t *const *)from->data, from->linesize, 0, from->height, to->data,
        to->linesize);
    /* x264 wants times that grow; a picture out of order is of no use to who watches live. */
    if (from->pts == AV_NOPTS_VALUE || (transcoder->last_time != ZL_NO_TIME && from->pts <= transcoder->last_time)) {
        return 0;
    }
    int is_key = transcoder->last_key == ZL_NO_TIME || from->pts - transcoder->last_key >= key_step;
    to->pts = transcoder->last_time = from->pts;
    to->pict_type = is_key ? AV_PICTURE_TYPE_I : AV_PICTURE_TYPE_NONE;
    if (is_key) transcoder->last_key = from->pts;
    return avcodec_send_frame(transcoder->coder, to);
}

int zl_transcoder_put(zl_transcoder *transcoder, const uint8_t *bytes, size_t count, int64_t pts) {
    av_packet_unref(transcoder->packet);
    int result = av_new_packet(transcoder->packet, (int)count);
    if (result < 0) return result;
    memcpy(transcoder->packet->data, bytes, count);
    transcoder->packet->pts = pts;
    return avcodec_send_packet(transcoder->decoder, transcoder->packet);
}

int zl_transcoder_next(zl_transcoder *transcoder, const uint8_t **bytes, size_t *count, int64_t *pts) {
    for (;;) {
        if (transcoder->coder != NULL) {
            av_packet_unref(transcoder->packet);
            int result = avcodec_receive_packet(transcoder->coder, transcoder->packet);
            if (result >= 0) {
                *bytes = transcoder->packet->data;
                *count = (size_t)transcoder->packet->size;
                *pts = transcoder->packet->pts;
                return 1;
            }
            if (result != AVERROR(EAGAIN)) return result;
        }
        int result = avcodec_receive_frame(transcoder->decoder, transcoder->decoded);
        if (result == AVERROR(EAGAIN)) return 0;
        if (result < 0) return result;
        result = code(transcoder);
        av_frame_unref(transcoder->decoded);
        if (result < 0) return result;
    }
}

void zl_transcoder_free(zl_transcoder *transcoder) {
    if (transcoder == NULL) return;
    avcodec_free_context(&transcoder->decoder);
    avcodec_free_context(&transcoder->coder);
    av_frame_free(&transcoder->decoded);
    av_frame_free(&transcoder->drawn);
    av_packet_free(&transcoder->packet);
    sws_freeContext(transcoder->scaler);
    free(transcoder);
}
