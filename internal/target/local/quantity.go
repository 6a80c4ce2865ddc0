package local

import (
	"fmt"
	"strconv"
	"strings"
)

// parseCPUs reads a number of processors: 0.5 or 500m; "" is 0.
func parseCPUs(s string) (float64, error) {
	if s == "" {
		return 0, nil
	}
	number, milli := strings.CutSuffix(s, "m")
	n, err := strconv.ParseFloat(number, 64)
	if err != nil || n <= 0 || n > 1e6 {
		return 0, fmt.Errorf("cpu_limit %q is no number of processors such as 0.5 or 500m", s)
	}
	if milli {
		n /= 1000
	}
	return n, nil
}

// parseMemory reads an amount of memory in bytes: 256M or 1Gi; "" is 0.
func parseMemory(s string) (int64, error) {
	if s == "" {
		return 0, nil
	}
	units := []struct {
		suffix string
		factor float64
	}{
		{"Ki", 1 << 10},
		{"Mi", 1 << 20},
		{"Gi", 1 << 30},
		{"Ti", 1 << 40},
		{"k", 1e3},
		{"K", 1e3},
		{"M", 1e6},
		{"G", 1e9},
		{"T", 1e12},
		{"", 1},
	}
	for _, unit := range units {
		number, ok := strings.CutSuffix(s, unit.suffix)
		if !ok {
			continue
		}
		n, err := strconv.ParseFloat(number, 64)
		if err != nil || n <= 0 || n*unit.factor > 1<<50 {
			break
		}
		return int64(n * unit.factor), nil
	}
	return 0, fmt.Errorf("memory_limit %q is no amount of memory such as 256M or 1Gi", s)
}
