package beside

import (
	"net"
	"slices"
	"strconv"
)

// Answers is where a workload answers by itself, as host:port.
type Answers struct {
	// Addr is where the release does that serves, "" where that is not known.
	Addr, Release string
	// Next is where the one does that takes over from it and gets Weight percent of the requests.
	Next, Upcoming string
	Weight         int
}

// Divide divides what a workload is asked between the release that serves and the one that takes
// over from it: current and next are addresses of their sidecars, or where a release has none its
// own. No sidecar of another release is asked, and none of the next one for more than its weight.
// Where no release is known all are asked alike.
//
// Proven tells that all of them prove who they are. Where that is not asked for, by strict, and
// the release that serves has no sidecar, both are asked in the clear; where it alone has some,
// it goes on alone, so that nobody comes in past what its sidecars allow, until all is to go to
// the next.
func Divide(all []Standing, at Answers, strict bool) (current, next []string, proven bool) {
	for _, one := range all {
		switch {
		case at.Release == "" || one.Release == "" || one.Release == at.Release:
			current = append(current, one.Addr)
		case at.Weight > 0 && one.Release == at.Upcoming:
			next = append(next, one.Addr)
		}
	}
	switch {
	case !strict && at.Weight < 100 && len(current) > 0:
		return current, next, true
	case !strict && at.Weight < 100:
		return itself(at.Addr), itself(at.Next), false
	}
	proven = strict || len(next) > 0
	if len(current) == 0 {
		current = itself(at.Addr)
	}
	if len(next) == 0 {
		next = itself(at.Next)
	}
	return current, next, proven
}

// For are those of a workload with several ports that are for one of them, which has a number,
// "" where that is not known, and answers by itself as at says. Those that do not say which port
// they serve are for each.
func For(all []Standing, number string, at Answers) (out []Standing) {
	ports := []string{number}
	for _, addr := range []string{at.Addr, at.Next} {
		_, port, _ := net.SplitHostPort(addr)
		ports = append(ports, port)
	}
	for _, one := range all {
		if one.Serves == 0 || slices.Contains(ports, strconv.Itoa(int(one.Serves))) {
			out = append(out, one)
		}
	}
	return out
}

// itself is an address alone; "" is none.
func itself(addr string) []string {
	if addr == "" {
		return nil
	}
	return []string{addr}
}
