/// Characters that a hurried hand or a recogniser takes for one another (形近字), as far as they stand in names.
enum NearGlyphs {
    /// Whether two different characters look alike.
    static func areAlike(_ left: Character, _ right: Character) -> Bool {
        guard left != right, let first = groups[left], let second = groups[right] else { return false }
        return !first.isDisjoint(with: second)
    }

    private static let groups: [Character: Set<Int>] = {
        var groups: [Character: Set<Int>] = [:]
        for (number, group) in alike.split(separator: " ").enumerated() {
            for character in group { groups[character, default: []].insert(number) }
        }
        return groups
    }()

    /// Each word is a group.
    private static let alike = """
        建健键 兰蓝 未末 己已巳 戊戌戍成 日曰目 土士 千干于 人入八 大太犬 天夭 王玉主 刀力 田由甲申 白自百 目且 木本术 历厉 \
        午牛 见贝 又叉义 今令 免兔 鸟乌 折拆析 侯候 段叚 卢庐芦 宏宠 晴睛 晓哓 清请情晴 海悔 洪拱 辉晖挥 明朋 昌冒 杨扬 汤烫扬 \
        峰锋烽蜂 伟纬炜玮 芳方 苹萍 娟涓捐 桂挂佳 林材村 珍诊 玲伶铃 秀季委李 孙孔 张弛 陈阵 丁于 马乌 宋宗 崔催 邓郑 郭敦 罗萝 \
        梁粱 谢榭 唐塘 冯马 董重 萧肃 程桯 曹漕 许诉 傅博 沈沉 曾会 彭膨 吴昊 苏办 蒋将 蔡察 贾买 魏巍 薛薜 阎闫 余佘 潘番 杜社 \
        戴载 夏复 钟钏 汪江 任仕 姜美 范茫 万方 石右 姚桃 谭潭 廖蓼 邹邻 熊能 金全 陆陋 郝赫 孔扎 崔翟 康庚 毛手 邱丘 秦泰 史吏 \
        顾硕 邵绍 孟盂 龙尤 雷霍 尹伊 黎梨 易昜 常尝 乔侨 贺货 赖懒 龚拱 文丈支 志忘 东车 华毕 军车 平半 永水冰 波坡 刚钢 勇男 \
        斌赋 鑫金 丽俪 艳滟 霞瑕 燕蒸 凤风夙 云去 香杳 春舂 荣柴 贵贲 富副 祥样 福幅 孝考 忠患 诚城 礼札 智暂 青靑 英莫 梅海 红江 \
        静净 婷停 雯雪 佩珮 琳淋 琪淇 瑞端 璐路 妍研 娜那 婧靖 妮呢 媛援 莉利 蓉容 菲非 蕾雷 薇微 欣新 颖颍 影彩 俊峻骏 浩皓 \
        涛寿 凯岂 鹏朋 超起 磊石 帅师 坤伸 宇字 泽译择 轩杆 涵函 旭九 阳阴 坚竖 毅殷 康唐 亮高 庆床 胜性 进近 全金 友反 仁什 \
        良艮 生主 先光 元无 丰三 发友 有育 根很 树村 栋冻 柱桂 桥侨 池地 治冶 泉皇 淑叔 源原 润闰 炳柄 焕换 照昭 爱受 琴瑟 瑛英
        """
}
