package azure

import (
	"strconv"
	"strings"

	"github.com/terrace-idp/terrace/internal/governance/cost"
)

const secondsPerMonth = cost.HoursPerMonth * 3600

// containerApp is paid by the second where it is on the consumption profile: as many
// replicas as there are at least, which wait, and what usage tells of work. On another
// profile its environment is paid.
func containerApp(r *cost.Reading) {
	if name := r.Low("workload_profile_name", "consumption"); name != "consumption" {
		return
	}
	cpu, memory := 0.0, 0.0
	for _, c := range r.List("template.container") {
		cpu += c.Num("cpu", 0.25)
		memory += gibibytes(c.Str("memory", "0.5Gi"))
	}
	active := r.Told("monthly_active_seconds", 1)
	idle := r.Num("template.min_replicas", 0) * secondsPerMonth
	if active != nil {
		idle = max(0, idle-*active)
	}
	for _, part := range []struct {
		name, unit string
		of         float64
	}{{"vCPU", "vCPU-seconds", cpu}, {"Memory", "GiB-seconds", memory}} {
		var worked *float64
		if active != nil {
			worked = cost.Quantity(*active * part.of)
		}
		r.Add(cost.Part{Name: part.name + " (Active)", Unit: part.unit, Quantity: worked, Usage: true})
		if idle > 0 {
			r.Monthly(part.name+" (Idle)", part.unit, idle*part.of)
		}
	}
	r.UsedAs("Requests", "1M requests", "monthly_requests", 1e6)
}

// gibibytes reads 0.5Gi.
func gibibytes(text string) float64 {
	n, err := strconv.ParseFloat(strings.TrimSuffix(text, "Gi"), 64)
	if err != nil {
		return 0
	}
	return n
}

// containerAppEnvironment is paid for the machines of its dedicated profiles, as many as
// there are at least, and for having any.
func containerAppEnvironment(r *cost.Reading) {
	dedicated := 0
	for _, p := range r.List("workload_profile") {
		kind := p.Low("workload_profile_type", "consumption")
		if strings.HasPrefix(kind, "consumption") {
			continue
		}
		dedicated++
		cores, gib := profileSize(kind)
		if cores == 0 {
			r.Miss("Dedicated profile "+p.Str("name", kind), "the size of the profile "+kind+" is not known")
			continue
		}
		count := p.Num("minimum_count", 0)
		r.Within(p.Str("name", kind), func() {
			r.Hourly("Dedicated vCPU", cores*count)
			r.Hourly("Dedicated memory", gib*count)
		})
	}
	if dedicated > 0 {
		r.Hourly("Dedicated plan management", 1)
	}
}

// profileSize is the cores and the memory, in GiB, of D4, D8, E16 and others.
func profileSize(kind string) (cores, gib float64) {
	per := map[byte]float64{'d': 4, 'e': 8}[kind[0]]
	n, err := strconv.ParseFloat(kind[1:], 64)
	if per == 0 || err != nil {
		return 0, 0
	}
	return n, n * per
}
