package route

import (
	"slices"
	"strconv"
)

// HasPort tells whether a port is one of a service's, which are names and numbers. The empty
// port is among them where the service has one alone.
func HasPort(ports []string, port string) bool { return slices.Contains(ports, port) }

// PortNames are the ports of a service that a backend can name, names first.
func PortNames(ports []string) []string {
	var names, numbers []string
	for _, p := range ports {
		if _, err := strconv.Atoi(p); err == nil {
			numbers = append(numbers, p)
		} else if p != "" {
			names = append(names, p)
		}
	}
	slices.Sort(names)
	slices.Sort(numbers)
	return append(names, numbers...)
}
