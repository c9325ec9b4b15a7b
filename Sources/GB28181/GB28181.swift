/// GB/T 28181: identifiers, MANSCDP documents, registration and invitation.
public enum GB28181Engine {}
