/// RTP, program streams, elementary streams and fragmented MP4.
public enum MediaEngine {}
