package beside

// Divide divides sidecars of a workload between the release that serves and the one that takes
// over from it by a weight in percent, as addresses. One that stands beside another release, of
// which nothing is to be asked yet or any more, is left out, unless there is no other. Where no
// release is known all are asked alike.
func Divide(all []Standing, now, upcoming string, weight int) (current, next []string) {
	var others []string
	for _, one := range all {
		switch {
		case now == "" || one.Release == "" || one.Release == now:
			current = append(current, one.Addr)
		case weight > 0 && one.Release == upcoming:
			next = append(next, one.Addr)
		default:
			others = append(others, one.Addr)
		}
	}
	if len(current)+len(next) == 0 {
		current = others
	}
	return current, next
}
