package agreement

import (
	"bufio"
	"regexp"
	"strconv"
	"strings"
)

// Row is one component of an expected table.
type Row struct {
	Resource, Group, Name, Unit string
	// Quantity and Cost are as shown; both are empty where the cost depends on
	// usage, and Price is what a unit costs.
	Quantity, Cost, Price string
}

// parse reads the rows of a table: names indented by branches, then columns.
func parse(text string) []Row {
	var rows []Row
	var resource string
	groups := map[int]string{}
	columns := regexp.MustCompile(`\s{2,}`)
	depends := regexp.MustCompile(`^(.*?)\s+Monthly cost depends on usage: \$([\d.,]+) per (.*?)\s*$`)
	lines := bufio.NewScanner(strings.NewReader(text))
	for lines.Scan() {
		line := strings.TrimRight(lines.Text(), " ")
		if strings.Contains(line, "OVERALL TOTAL") {
			break
		}
		branch := strings.IndexAny(line, "├└")
		if branch < 0 {
			if name := strings.TrimSpace(line); name != "" && !strings.HasPrefix(name, "Name ") {
				resource, groups = name, map[int]string{}
			}
			continue
		}
		depth := len([]rune(line[:branch])) / 3
		body := strings.TrimSpace(strings.TrimLeft(line[branch:], "├└─ "))
		row := Row{Resource: resource, Group: joined(groups, depth)}
		if found := depends.FindStringSubmatch(body); found != nil {
			row.Name, row.Price, row.Unit = strings.TrimSpace(found[1]), found[2], strings.TrimSpace(strings.TrimSuffix(found[3], "*"))
			rows = append(rows, row)
			continue
		}
		cells := columns.Split(strings.TrimSpace(strings.TrimSuffix(body, "*")), -1)
		if len(cells) == 1 {
			groups[depth] = cells[0]
			continue
		}
		row.Name, row.Quantity = cells[0], cells[1]
		if len(cells) > 2 {
			row.Unit = cells[2]
		}
		if len(cells) > 3 {
			row.Cost = strings.TrimPrefix(cells[3], "$")
		}
		rows = append(rows, row)
	}
	return rows
}

func joined(groups map[int]string, depth int) string {
	var out []string
	for i := range depth {
		if g := groups[i]; g != "" {
			out = append(out, g)
		}
	}
	return strings.Join(out, "/")
}

// same tells whether a figure is what is shown, to its last digit.
func same(shown string, figure float64) bool {
	text := strings.ReplaceAll(strings.TrimPrefix(shown, "$"), ",", "")
	want, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return false
	}
	_, decimals, _ := strings.Cut(text, ".")
	last := 1.0
	for range decimals {
		last /= 10
	}
	slack := last*0.51 + want*1e-9
	return figure >= want-slack && figure <= want+slack
}
