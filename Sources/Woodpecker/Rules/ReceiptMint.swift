import Crypt
import Foundation
import Storage

/// Hands out receipts before there is a report, so that a form that is sent twice is one report: the form carries its
/// receipt, and only receipts that were made here are taken.
struct ReceiptMint: Sendable {
    private let key: [UInt8]

    /// Reads the key in `folder`, or makes one that only this user may read.
    init(folder: URL) throws {
        let file = folder.appendingPathComponent("receipts.key")
        if let known = FileManager.default.contents(atPath: file.path), known.count == 32 {
            key = Array(known)
        } else {
            key = try Secret.bytes(32)
            guard
                FileManager.default.createFile(
                    atPath: file.path, contents: Data(key), attributes: [.posixPermissions: 0o600])
            else { throw StorageError.unavailable("cannot write \(file.path)") }
        }
    }

    /// A key of its own for another purpose.
    func derived(_ purpose: String) -> [UInt8] { Digest.hkdf(key, salt: [], context: "woodpecker " + purpose) }

    /// A new receipt as a form carries it.
    func make() throws -> String {
        let receipt = try Receipt()
        return receipt.locator + receipt.secret + "." + mac(receipt)
    }

    /// The receipt that a form carried, or `nil` where it was not made here.
    func receipt(_ text: String) -> Receipt? {
        let parts = text.split(separator: ".")
        guard parts.count == 2, let receipt = try? Receipt(String(parts[0])),
            Secret.equal(Array(mac(receipt).utf8), Array(parts[1].utf8))
        else { return nil }
        return receipt
    }

    private func mac(_ receipt: Receipt) -> String {
        Secret.hex(Array(Digest.hmacSHA256(key: key, Array("\(receipt.locator)\(receipt.secret)".utf8)).prefix(16)))
    }
}
