import Kernel
import Storage
import Web

/// What is done at the pages of departments and of lessons, for programs.
extension WoodpeckerRoom {
    func deskRoutes(_ routes: inout Routes) {
        departmentWrites(&routes)
        lessonWrites(&routes)
    }

    private func departmentWrites(_ routes: inout Routes) {
        let takes = Shape.object(
            [
                "name": .text, "phone": .text, "categories": .list(.text), "members": .list(.id), "active": .flag,
            ], required: ["name"])
        let shapes = Shapes(takes: takes, gives: .object(["id": .id], required: ["id"]))
        routes.post("/api/v1/departments", .needs(.departmentManage), "Adds a department", shapes: shapes) { call in
            try .json(["id": try await save(try call.json(DepartmentWish.self), as: nil, call)], status: 201)
        }
        routes.put("/api/v1/departments/{id}", .needs(.departmentManage), "Changes a department", shapes: shapes) {
            call in
            try .json(["id": try await save(try call.json(DepartmentWish.self), as: try call.id(), call)])
        }
        routes.post(
            "/api/v1/departments/keys", .needs(.reportRead), "Gives a colleague the key of a part of the centre",
            shapes: Shapes(takes: .object(["holder": .text, "staff": .id], required: ["holder", "staff"]))
        ) { call in
            try await giveKey(call)
            return .nothing
        }
        routes.post(
            "/api/v1/departments/open311", .needs(.departmentManage),
            "Makes a key for a program that reports; it is told once",
            shapes: Shapes(
                takes: .object(["name": .text], required: ["name"]), gives: .object(["key": .text], required: ["key"]))
        ) { call in
            try .json(["key": try await newProgramKey(call)], status: 201).with("Cache-Control", "no-store")
        }
    }

    private func lessonWrites(_ routes: inout Routes) {
        let takes = Shape.object(
            [
                "topic": .oneOf(Lesson.Topic.allCases.map(\.rawValue)), "title": .text, "summary": .text,
                "body": .text, "quiz": .text, "months": .list(.integer), "categories": .list(.text),
            ], required: ["topic", "title", "summary", "body"])
        let shapes = Shapes(takes: takes, gives: .object(["id": .id], required: ["id"]))
        routes.post("/api/v1/lessons", .needs(.lessonEdit), "Writes a lesson", shapes: shapes) { call in
            try .json(["id": try await save(try call.json(LessonWish.self), as: nil, call)], status: 201)
        }
        routes.put(
            "/api/v1/lessons/{id}", .needs(.lessonEdit), "Changes a lesson, which is then looked through again",
            shapes: shapes
        ) { call in try .json(["id": try await save(try call.json(LessonWish.self), as: try call.id(), call)]) }
        routes.post(
            "/api/v1/lessons/{id}/moves", .needs(.lessonEdit),
            "Passes a lesson, publishes it now or `at` a moment, or takes it back",
            shapes: Shapes(
                takes: .object(
                    ["move": .oneOf(["review", "publish", "schedule", "withdraw"]), "at": .time], required: ["move"]))
        ) { call in
            try await moveLesson(call)
            return .nothing
        }
    }
}
