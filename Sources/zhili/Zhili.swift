@main struct Z { static func main() {} }
