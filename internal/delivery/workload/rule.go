package workload

import (
	"math"
	"regexp"
	"strconv"
	"strings"

	"github.com/terrace-idp/terrace/internal/platform/yamldoc"
)

// The specification's patterns.
//

var (
	labelName      = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,61}[a-z0-9]$`)
	typeName       = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9-]{0,61}[A-Za-z0-9]$`)
	idName         = regexp.MustCompile(`^[a-z0-9]+(?:-+[a-z0-9]+)*(?:\.[a-z0-9]+(?:-+[a-z0-9]+)*)*$`)
	annotationName = regexp.MustCompile(`^(?:[a-z0-9][a-z0-9-]{0,61}[a-z0-9](?:\.[a-z0-9][a-z0-9-]{0,61}[a-z0-9])*/)?[A-Za-z0-9][A-Za-z0-9._-]{0,61}[A-Za-z0-9]$`)
	headerName     = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)
	fileMode       = regexp.MustCompile(`^0?[0-7]{3}$`)
	cpuQuantity    = regexp.MustCompile(`^(?:\d+m|\d+|\d*\.\d+)$`)
	memoryQuantity = regexp.MustCompile(`^[1-9]\d*(?:[KMGT]i?)?$`)
)

const labelFix = "use 2 to 63 of a-z, 0-9 and -, with a letter or digit at both ends"

// label returns an RFC 1123 label of 2 to 63 characters; what names it in a problem.
func label(v yamldoc.Value, what string) string {
	s, ok := v.String()
	if ok && !labelName.MatchString(s) {
		v.Problem(labelFix, "%q cannot be %s", s, what)
	}
	return s
}

// pattern returns a text of at most 63 characters that matches.
func pattern(v yamldoc.Value, re *regexp.Regexp, what, fix string) string {
	s, ok := v.String()
	if ok && (len(s) < 2 || len(s) > 63 || !re.MatchString(s)) {
		v.Problem(fix, "%q cannot be %s", s, what)
	}
	return s
}

// Millicores returns the CPU in thousandths of one; 0 when none was given.
func (q Quantities) Millicores() int64 {
	if m, ok := strings.CutSuffix(q.CPU, "m"); ok {
		n, _ := strconv.ParseInt(m, 10, 64)
		return n
	}
	f, _ := strconv.ParseFloat(q.CPU, 64)
	return int64(math.Ceil(f * 1000))
}

// Bytes returns the memory in bytes; 0 when none was given.
func (q Quantities) Bytes() int64 {
	number := strings.TrimRight(q.Memory, "KMGTi")
	n, _ := strconv.ParseInt(number, 10, 64)
	return n * unit(q.Memory[len(number):])
}

func unit(suffix string) int64 {
	base := int64(1000)
	if strings.HasSuffix(suffix, "i") {
		base = 1024
	}
	power := strings.Index("KMGT", suffix[:min(1, len(suffix))]) + 1
	if suffix == "" {
		power = 0
	}
	out := int64(1)
	for range power {
		out *= base
	}
	return out
}

// quantity reads a number or text that matches, within what a node could have.
func quantity(v yamldoc.Value, re *regexp.Regexp, fix string, valid func(string) bool) string {
	s, ok := v.Scalar()
	if ok && (len(s) > 20 || !re.MatchString(s) || !valid(s)) {
		v.Problem(fix, "%q is not a quantity", s)
	}
	return s
}

func cpu(v yamldoc.Value) string {
	return quantity(v, cpuQuantity, "write CPUs, such as 2, 0.5 or 250m", func(s string) bool {
		n := Quantities{CPU: s}.Millicores()
		return n >= 0 && n <= 1e9
	})
}

func memory(v yamldoc.Value) string {
	return quantity(v, memoryQuantity, "write bytes with an optional unit, such as 128M or 1Gi", func(s string) bool {
		n := Quantities{Memory: s}.Bytes()
		return n > 0 && n <= 1<<50
	})
}
