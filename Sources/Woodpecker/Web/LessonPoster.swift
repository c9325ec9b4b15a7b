import Kernel
import Pictures
import Print
import Web

extension WoodpeckerRoom {
    /// A lesson to be hung up, with its address as a QR code.
    func posterRoutes(_ routes: inout Routes) {
        routes.get("/lessons/{id}/poster", .device, "A lesson as a poster to be printed, with a QR code") { call in
            let call = Citizen.call(call)
            let lesson = try await shown(call)
            let address = "\(root(call))/lessons/\(lesson.id)"
            return try Citizen.page(
                "lesson-poster", title: lesson.title,
                [
                    "id": lesson.id.description, "name": lesson.title, "summary": lesson.summary,
                    "points": points(lesson.body).prefix(Self.pointsOfPoster).map { ["text": $0] },
                    "qr": QRCode.svg(address, label: lesson.title) ?? "", "address": address,
                ], call, path: "/lessons/\(lesson.id)/poster")
        }
        routes.get("/lessons/{id}/poster.pdf", .device, "A lesson as a poster with a QR code, as PDF") { call in
            let call = Citizen.call(call)
            let lesson = try await shown(call)
            let address = "\(root(call))/lessons/\(lesson.id)"
            guard let code = QRCode.modules(address) else { throw Problem.notFound }
            let document = Document(
                title: lesson.title, subtitle: lesson.summary, footer: call.word("woodpecker.lessons.title"),
                blocks: points(lesson.body).prefix(Self.pointsOfPoster).enumerated().map { .large("\($0 + 1)  \($1)") }
                    + [.code(code), .note("\(call.word("woodpecker.lessons.scan")) \(address)")],
                pageWords: { _, _ in "" })
            return Citizen.sealed(
                .bytes(try await Printer.shared.pdf(document), type: Printer.type, name: "\(lesson.title).pdf"))
        }
    }

    private static let pointsOfPoster = 5
}
