package rego

import (
	"encoding/json"
	"hash/maphash"
	"math/bits"
)

// digest names a value of JSON within a set: two that are alike have the same. Others
// have others, for its seeds are chance and nobody sees them: what somebody writes into
// a plan cannot be made to meet what was kept of another.
type digest [2]uint64

// digester makes digests, in two lanes that have nothing in common.
type digester [2]lane

// lane is a seed, and what it mixes with the first and the second of two.
type lane struct {
	seed        maphash.Seed
	left, right uint64
}

func newDigester() digester {
	var d digester
	for i := range d {
		seed := maphash.MakeSeed()
		d[i] = lane{seed: seed, left: maphash.String(seed, "left"), right: maphash.String(seed, "right")}
	}
	return d
}

// of names resources by how their changes are written, and what is configured of them;
// by all that they have where that is not known. It returns false where something is in
// the values that JSON does not have.
func (d *digester) of(resources []*resource) (digest, bool) {
	all := d.scalar('[', "")
	for _, r := range resources {
		fields := r.fields
		if r.written != nil {
			all = d.join(all, d.text('w', r.written))
			fields = object(fields, "configuration")
		}
		next, ok := d.object(fields)
		if !ok {
			return digest{}, false
		}
		all = d.join(all, next)
	}
	return all, true
}

func (d *digester) value(v any) (digest, bool) {
	switch v := v.(type) {
	case nil:
		return d.scalar('0', ""), true
	case bool:
		if v {
			return d.scalar('t', ""), true
		}
		return d.scalar('f', ""), true
	case string:
		return d.scalar('s', v), true
	case json.Number:
		return d.scalar('n', string(v)), true
	case []any:
		all := d.scalar('[', "")
		for _, item := range v {
			next, ok := d.value(item)
			if !ok {
				return digest{}, false
			}
			all = d.join(all, next)
		}
		return all, true
	case map[string]any:
		return d.object(v)
	default:
		return digest{}, false
	}
}

// object is the sum of what its parts are, which have no order.
func (d *digester) object(o map[string]any) (digest, bool) {
	all := d.scalar('{', "")
	for key, v := range o {
		next, ok := d.value(v)
		if !ok {
			return digest{}, false
		}
		item := d.join(d.scalar('k', key), next)
		all[0], all[1] = all[0]+item[0], all[1]+item[1]
	}
	return d.join(all, d.scalar('}', "")), true
}

// scalar is the digest of a text of a kind.
func (d *digester) scalar(kind byte, text string) digest {
	var made digest
	for i := range d {
		made[i] = d[i].mix(uint64(kind), maphash.String(d[i].seed, text))
	}
	return made
}

// text is that of a text that is not kept.
func (d *digester) text(kind byte, text []byte) digest {
	var made digest
	for i := range d {
		made[i] = d[i].mix(uint64(kind), maphash.Bytes(d[i].seed, text))
	}
	return made
}

// join is the digest of one after the other.
func (d *digester) join(one, other digest) digest {
	return digest{d[0].mix(one[0], other[0]), d[1].mix(one[1], other[1])}
}

func (l *lane) mix(one, other uint64) uint64 {
	high, low := bits.Mul64(one^l.left, other^l.right)
	return high ^ low
}
