/// SIP messages, transactions and digests (RFC 3261), as far as GB/T 28181 and phone calls need them.
public enum SIPEngine {}
