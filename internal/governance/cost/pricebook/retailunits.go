package pricebook

import (
	"regexp"
	"strconv"
	"strings"
)

// hoursPerMonth and daysPerMonth are what a month is counted as.
const (
	hoursPerMonth = 730
	daysPerMonth  = 30
)

// measure is what a unit counts: how many of something, for how long.
type measure struct {
	count float64
	// per is hour, day or second, or what the book has nothing of; month is what is paid
	// once, too.
	per string
}

// factorOf is what a price for Azure's unit is multiplied with to be one for the
// book's; false where the two do not measure the same.
func factorOf(azures, books string) (float64, bool) {
	from, ok := azureUnit(azures)
	if !ok {
		return 0, false
	}
	to := bookUnit(books)
	count := to.count / from.count
	switch {
	case from.per == to.per:
		return count, true
	case from.per == "hour" && to.per == "month":
		return count * hoursPerMonth, true
	case from.per == "day" && to.per == "month":
		return count * daysPerMonth, true
	}
	return 0, false
}

// azureUnit reads what the API writes: 1 Hour, 1/Hour, 10K, 1M, 1 GB/Month, 100 Hours,
// 1 GiB Second, 1/Day.
func azureUnit(text string) (measure, bool) {
	found := regexp.MustCompile(`^([\d.,]+)\s*([KM]?)\b\s*(.*)$`).FindStringSubmatch(strings.TrimSpace(text))
	if found == nil {
		return measure{}, false
	}
	count, err := strconv.ParseFloat(strings.ReplaceAll(found[1], ",", ""), 64)
	if err != nil || count <= 0 {
		return measure{}, false
	}
	m := measure{count: count * thousands(found[2]), per: "month"}
	rest := strings.TrimSuffix(strings.ToLower(found[3]), "s")
	for _, per := range []string{"hour", "day", "second", "minute", "week", "year"} {
		if strings.HasSuffix(rest, per) {
			m.per = per
		}
	}
	return m, true
}

// bookUnit reads a unit of the book: hours, days, 10k operations, 1M queries. What it
// does not say is for a month.
func bookUnit(text string) measure {
	switch text {
	case "hour", "hours", "CU":
		return measure{count: 1, per: "hour"}
	case "days":
		return measure{count: 1, per: "day"}
	case "seconds", "vCPU-seconds", "GiB-seconds":
		return measure{count: 1, per: "second"}
	}
	m := measure{count: 1, per: "month"}
	if found := regexp.MustCompile(`^(\d+)([kKM]?) `).FindStringSubmatch(text); found != nil {
		n, _ := strconv.ParseFloat(found[1], 64) // these are digits
		m.count = n * thousands(found[2])
	}
	return m
}

func thousands(letter string) float64 {
	return map[string]float64{"": 1, "k": 1e3, "K": 1e3, "M": 1e6}[letter]
}
