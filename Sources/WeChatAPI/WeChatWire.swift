import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix

/// Requests to the API, and whether one that failed may have arrived.
struct WeChatWire: Sendable {
    enum Answer: Sendable {
        /// A body and its type.
        case bytes([UInt8], type: String)
        /// It did not arrive; the text says why.
        case notSent(String)
        /// It may have arrived.
        case unknown(String)
    }

    let client: HTTPClient
    let timeout: TimeAmount
    let base: @Sendable () -> String?

    /// Bytes of an answer that are read at most.
    static let limit = 12 << 20

    func get(_ path: String) async -> Answer { await execute(path, nil, type: "") }

    func post(_ path: String, _ body: [UInt8], type: String = "application/json; charset=utf-8") async -> Answer {
        await execute(path, body, type: type)
    }

    private func execute(_ path: String, _ body: [UInt8]?, type: String) async -> Answer {
        guard let base = base() else { return .notSent("no address") }
        var request = HTTPClientRequest(url: base + path)
        if let body {
            request.method = .POST
            request.headers.add(name: "Content-Type", value: type)
            request.body = .bytes(ByteBuffer(bytes: body))
        }
        do {
            let response = try await client.execute(request, timeout: timeout)
            let bytes = try await response.body.collect(upTo: Self.limit)
            switch response.status.code {
            case 200:
                return .bytes(
                    Array(bytes.readableBytesView), type: response.headers.first(name: "Content-Type") ?? "")
            case 400..<500: return .notSent("HTTP \(response.status.code)")
            default: return .unknown("HTTP \(response.status.code)")
            }
        } catch let error as HTTPClientError where error == .connectTimeout || error == .invalidURL {
            return .notSent("connect")
        } catch is NIOConnectionError {
            return .notSent("connect")
        } catch let error as IOError where error.errnoCode == ECONNREFUSED {
            return .notSent("connect")
        } catch {
            // Never the error's own words: they may repeat the address, and the address holds the token.
            return .unknown("no answer")
        }
    }
}
