import Kernel
import NIOEmbedded
import Testing

@testable import FireGuard

@Suite("Connections of devices")
struct UITDRegistryTests {
    @Test("The newest connection of a device is spoken to; when it has gone, the one before that is still open")
    func newest() {
        let registry = UITDRegistry()
        let bounds = UITDConfiguration()
        let channels = (0..<6).map { _ in EmbeddedChannel() }
        for channel in channels {
            #expect(registry.open(channel, address: "192.0.2.1", bounds, at: .now))
            registry.heard(channel, device: "0000000000ab", isNew: true, at: .now)
        }
        #expect(registry.channel(of: "0000000000ab") === channels[5])
        registry.close(channels[4], address: "192.0.2.1", device: "0000000000ab")
        registry.close(channels[5], address: "192.0.2.1", device: "0000000000ab")
        #expect(registry.channel(of: "0000000000ab") === channels[3])
        for channel in channels[2...3] { registry.close(channel, address: "192.0.2.1", device: "0000000000ab") }
        // No more than four are remembered, so that a device that connects anew all the time fills nothing.
        #expect(registry.channel(of: "0000000000ab") == nil)
        #expect(registry.count == 2)
    }
}
