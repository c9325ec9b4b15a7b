import AsyncHTTPClient
import Foundation
import HummingbirdCore
import HummingbirdTLS
import Kernel
import NIOCore
import NIOSSL

extension Centre {
    /// HTTP, or HTTPS where a certificate is configured. Files are read at the start: a renewed certificate is taken at
    /// the next one.
    func httpServer() throws -> HTTPServerBuilder {
        guard let files = configuration.tls else { return .http1() }
        let certificate = try files.load()
        var tls = TLSConfiguration.makeServerConfiguration(
            certificateChain: certificate.chain.map { .certificate($0) }, privateKey: .privateKey(certificate.key))
        tls.minimumTLSVersion = .tlsv12
        do {
            return try .tls(tlsConfiguration: tls)
        } catch {
            throw CentreError(
                description: "tls.key (\(files.key.path)) is not the key of tls.certificate (\(files.certificate.path))"
            )
        }
    }

    /// What carries messages out. The sample's gateway is this very process, under whatever name its certificate has.
    func clientConfiguration(isSample: Bool) -> HTTPClient.Configuration {
        var client = HTTPClient.Configuration(timeout: .init(connect: .seconds(3)))
        // What is signed for one place is not carried to another, and no answer leads into the centre's own network.
        client.redirectConfiguration = .disallow
        // As many as two carriers at one place may hold; fewer would wait for each other.
        client.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 32
        if isSample, configuration.tls != nil {
            var tls = TLSConfiguration.makeClientConfiguration()
            tls.certificateVerification = .none
            client.tlsConfiguration = tls
        }
        return client
    }
}

extension TLSFiles {
    /// Chain and key as they are in the files.
    /// - Throws: ``CentreError`` that names the file.
    func load() throws(CentreError) -> (chain: [NIOSSLCertificate], key: NIOSSLPrivateKey) {
        let chain: [NIOSSLCertificate]
        do {
            chain = try NIOSSLCertificate.fromPEMFile(certificate.path)
        } catch {
            throw CentreError(description: "tls.certificate: \(certificate.path) is no readable PEM certificate")
        }
        guard !chain.isEmpty else {
            throw CentreError(description: "tls.certificate: \(certificate.path) holds no certificate")
        }
        do {
            return (chain, try NIOSSLPrivateKey(file: key.path, format: .pem))
        } catch {
            throw CentreError(description: "tls.key: \(key.path) is no readable PEM key without a password")
        }
    }
}
