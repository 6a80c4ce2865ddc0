package rego

import (
	"runtime"
	"sync"
)

// unit is what findings tell apart: the resources of one address, which are several
// where an object was deposed.
type unit struct {
	address   string
	resources []*resource
	// digest names what policies read of it, where named says so.
	digest digest
	named  bool
}

// unitsOf are the units of resources, in order.
func unitsOf(all []resource) []unit {
	units := make([]unit, 0, len(all))
	at := make(map[string]int, len(all))
	for i := range all {
		r := &all[i]
		n, known := at[r.address]
		if !known {
			n = len(units)
			at[r.address] = n
			units = append(units, unit{address: r.address})
		}
		units[n].resources = append(units[n].resources, r)
	}
	return units
}

// name gives each unit its digest.
func (d *digester) name(units []unit) {
	parallel(len(units), func(from, to int) {
		for i := from; i < to; i++ {
			units[i].digest, units[i].named = d.of(units[i].resources)
		}
	})
}

// convert makes resources values of Rego, once for all who ask. One that cannot be
// any stays, and is the mistake of whoever asks for it.
func convert(some []*resource) {
	parallel(len(some), func(from, to int) {
		c := converter{}
		for _, r := range some[from:to] {
			if r.value == nil {
				if v, err := c.value(r.fields); err == nil {
					r.value = v
				}
			}
		}
	})
}

// parallel has every processor do a part of n.
func parallel(n int, do func(from, to int)) {
	parts := max(1, min(runtime.GOMAXPROCS(0), n/few))
	var workers sync.WaitGroup
	for i := range parts {
		workers.Go(func() { do(i*n/parts, (i+1)*n/parts) })
	}
	workers.Wait()
}
