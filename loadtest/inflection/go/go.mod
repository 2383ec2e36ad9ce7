module lull/inflection

go 1.21
