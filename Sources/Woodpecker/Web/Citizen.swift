import Foundation
import Kernel
import Web

/// Pages for everybody: no cookie is read or set, nothing is kept by the browser, nobody else is asked for anything.
enum Citizen {
    /// The call in the language that the page's own link or form names, else the browser's.
    static func call(_ call: Call, form: Form? = nil) -> Call {
        let named = call.query("lang") ?? form?["lang"]
        return call.speaking(
            named.flatMap(Language.init(rawValue:)) ?? Language(cookie: nil, accept: call.header("Accept-Language")))
    }

    /// A page of HTML.
    static func page(
        _ template: String, title: String, _ context: [String: Any], _ call: Call, path: String, status: Int = 200
    ) throws -> Answer {
        var all = context
        all["otherLang"] = call.language == .zh ? Language.en.rawValue : Language.zh.rawValue
        all["path"] = path
        return sealed(try call.page(template, title: title, tidy(all), status: status))
    }

    /// The context with nothing in place of empty texts, so that a section over one is not shown.
    static func tidy(_ context: [String: Any]) -> [String: Any] { context.mapValues(tidied) }

    private static func tidied(_ value: Any) -> Any {
        switch value {
        case let text as String: text.isEmpty ? NSNull() : text as Any
        case let list as [[String: Any]]: list.map(tidy)
        case let object as [String: Any]: tidy(object)
        default: value
        }
    }

    /// An answer that the browser neither keeps nor tells others of.
    static func sealed(_ answer: Answer) -> Answer {
        answer.with("Referrer-Policy", "no-referrer").with("Cache-Control", "no-store").with(
            "Content-Security-Policy",
            """
            default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self'; \
            connect-src 'self'; \
            form-action 'self'; base-uri 'none'; frame-ancestors 'none'
            """
        ).with("Permissions-Policy", "geolocation=(self), camera=(), microphone=()")
    }

    /// The network that an address belongs to, for limits in memory alone: `/24` or `/48`. The machine's own address
    /// stands for a proxy in front of us and says nothing.
    static func network(_ address: String) -> String? {
        if address.isEmpty || address.hasPrefix("127.") || address == "::1" { return nil }
        if address.contains(":") { return address.split(separator: ":").prefix(3).joined(separator: ":") }
        return address.split(separator: ".").prefix(3).joined(separator: ".")
    }
}
