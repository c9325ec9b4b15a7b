import Crypt
import Foundation
import Kernel
import Synchronization
import XML

extension SimulatedONVIF.Core {
    /// A ProbeMatch.
    func match(_ id: String) -> String {
        let port = state.withLock { $0.port }
        return """
            <?xml version="1.0"?><e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope" \
            xmlns:w="http://schemas.xmlsoap.org/ws/2004/08/addressing" \
            xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery"><e:Header><w:RelatesTo>\(id)</w:RelatesTo>\
            </e:Header><e:Body><d:ProbeMatches><d:ProbeMatch><d:Types>dn:NetworkVideoTransmitter</d:Types>\
            <d:Scopes>onvif://www.onvif.org/name/%E6%A8%A1%E6%8B%9F%E6%9C%BA \
            onvif://www.onvif.org/hardware/ZL-SIM</d:Scopes>\
            <d:XAddrs>http://\(plan.toldHost):\(port)/onvif/device_service</d:XAddrs></d:ProbeMatch>\
            </d:ProbeMatches></e:Body></e:Envelope>
            """
    }

    /// Answers one envelope.
    func answer(_ bytes: [UInt8]) -> FarAnswer {
        guard let root = try? XMLReader.read(bytes), let body = root["Body"]?.children.first else {
            return .reply(400, envelope("<s:Fault><s:Code><s:Value>s:Sender</s:Value></s:Code></s:Fault>"))
        }
        if body.name == "GetSystemDateAndTime" { return .reply(200, envelope(time)) }
        guard isProved(root) else {
            state.withLock { $0.done.refused += 1 }
            return .reply(
                400,
                envelope(
                    """
                    <s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>ter:NotAuthorized</s:Value>\
                    </s:Subcode></s:Code><s:Reason><s:Text xml:lang="en">not authorized</s:Text></s:Reason></s:Fault>
                    """))
        }
        guard let said = reply(body) else {
            return .reply(
                500,
                envelope(
                    """
                    <s:Fault><s:Code><s:Value>s:Receiver</s:Value><s:Subcode><s:Value>ter:ActionNotSupported</s:Value>\
                    </s:Subcode></s:Code><s:Reason><s:Text>not here</s:Text></s:Reason></s:Fault>
                    """))
        }
        return .reply(
            200, envelope("<x:\(body.name)Response xmlns:x=\"\(body.namespace)\">\(said)</x:\(body.name)Response>"))
    }

    private func envelope(_ body: String) -> String {
        """
        <?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" \
        xmlns:tt="http://www.onvif.org/ver10/schema" xmlns:ter="http://www.onvif.org/ver10/error">\
        <s:Body>\(body)</s:Body></s:Envelope>
        """
    }

    private var now: Int64 { Instant.now.ms + plan.clockSeconds * 1_000 }

    private var time: String {
        // By China's clock eight hours earlier are the digits of the universal one.
        let digits = Instant(ms: now - 8 * 3_600_000).rfc3339.prefix(19).split { "-T:".contains($0) }.map(String.init)
        return """
            <x:GetSystemDateAndTimeResponse xmlns:x="http://www.onvif.org/ver10/device/wsdl"><x:SystemDateAndTime>\
            <tt:UTCDateTime><tt:Time><tt:Hour>\(digits[3])</tt:Hour><tt:Minute>\(digits[4])</tt:Minute>\
            <tt:Second>\(digits[5])</tt:Second></tt:Time><tt:Date><tt:Year>\(digits[0])</tt:Year>\
            <tt:Month>\(digits[1])</tt:Month><tt:Day>\(digits[2])</tt:Day></tt:Date></tt:UTCDateTime>\
            </x:SystemDateAndTime></x:GetSystemDateAndTimeResponse>
            """
    }

    /// The digest is right, is of the last minute by this device's clock, and was not seen before.
    private func isProved(_ root: XMLTree) -> Bool {
        guard let token = root["Header"]?["Security"]?["UsernameToken"], let created = token.value("Created"),
            let nonce = token.value("Nonce"), let bytes = Data(base64Encoded: nonce), bytes.count >= 8,
            let at = Instant(created), abs(at.ms - now) < 60_000
        else { return false }
        let wanted = Digest.sha1(Array(bytes) + Array(created.utf8) + Array(plan.password.utf8))
        guard token.value("Username") == plan.username,
            token.value("Password") == Data(wanted).base64EncodedString()
        else { return false }
        return state.withLock { $0.nonces.insert(nonce).inserted }
    }

    private func reply(_ body: XMLTree) -> String? {
        let base = "http://\(plan.toldHost):\(state.withLock { $0.port })/onvif"
        switch body.name {
        case "GetServices":
            guard !plan.isOld else { return nil }
            return [("ver10/media", "media"), ("ver20/ptz", "ptz")].map { name, path in
                """
                <x:Service><x:Namespace>http://www.onvif.org/\(name)/wsdl</x:Namespace>\
                <x:XAddr>\(base)/\(path)</x:XAddr></x:Service>
                """
            }.joined()
        case "GetCapabilities":
            return """
                <x:Capabilities><tt:Media><tt:XAddr>\(base)/media</tt:XAddr></tt:Media>\
                <tt:PTZ><tt:XAddr>\(base)/ptz</tt:XAddr></tt:PTZ></x:Capabilities>
                """
        case "GetDeviceInformation":
            return """
                <x:Manufacturer>智理（示例）</x:Manufacturer><x:Model>ZL-SIM</x:Model>\
                <x:FirmwareVersion>1.0</x:FirmwareVersion>
                """
        case "GetProfiles": return profile("main", 640, 360) + profile("sub", 320, 180)
        case "GetStreamUri":
            return "<x:MediaUri><tt:Uri>rtsp://\(plan.toldHost):\(plan.streamPort)/live/main?profile="
                + "\(XMLWriter.escaped(body.value("ProfileToken") ?? ""))</tt:Uri></x:MediaUri>"
        default: return move(body)
        }
    }

    private func profile(_ token: String, _ width: Int, _ height: Int) -> String {
        """
        <x:Profiles token="\(token)"><tt:Name>\(token)</tt:Name><tt:VideoSourceConfiguration token="v">\
        <tt:SourceToken>lens</tt:SourceToken></tt:VideoSourceConfiguration><tt:VideoEncoderConfiguration token="e">\
        <tt:Encoding>H264</tt:Encoding><tt:Resolution><tt:Width>\(width)</tt:Width><tt:Height>\(height)</tt:Height>\
        </tt:Resolution></tt:VideoEncoderConfiguration><tt:PTZConfiguration token="p"/></x:Profiles>
        """
    }

    private func move(_ body: XMLTree) -> String? {
        state.withLock { state in
            let token = body.value("PresetToken") ?? ""
            var said = ""
            switch body.name {
            case "ContinuousMove":
                let turn = body["Velocity"]?["PanTilt"]?.attributes ?? [:]
                let zoom = body["Velocity"]?["Zoom"]?.attributes["x"] ?? "0"
                said = " \(turn["x"] ?? "0") \(turn["y"] ?? "0") \(zoom)"
            case "Stop", "GotoHomePosition": break
            case "GetPresets":
                return state.done.presets.sorted { $0.key < $1.key }.map {
                    "<x:Preset token=\"\($0.key)\"><tt:Name>\(XMLWriter.escaped($0.value))</tt:Name></x:Preset>"
                }.joined()
            case "SetPreset":
                let made = token.isEmpty ? "preset-\(state.done.presets.count + 1)" : token
                state.done.presets[made] = body.value("PresetName") ?? ""
                return "<x:PresetToken>\(made)</x:PresetToken>"
            case "GotoPreset":
                guard state.done.presets[token] != nil else { return nil }
                said = " \(token)"
            case "RemovePreset":
                guard state.done.presets.removeValue(forKey: token) != nil else { return nil }
                said = " \(token)"
            default: return nil
            }
            if state.done.orders.count < 1_000 { state.done.orders.append(body.name + said) }
            return ""
        }
    }
}
