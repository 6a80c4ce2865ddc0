package cache

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"time"
)

// meta is what is known of a value, in front of it.
type meta struct {
	Until time.Time `json:"until"`
	Tags  []string  `json:"tags,omitempty"`
}

// maxMeta bounds what sealing and meta add to a value, in bytes.
const maxMeta = 64 << 10

// bound is what a sealed item belongs to: it does not open in another place.
func (s slot) bound() []byte {
	return []byte("cache\x00" + s.tenant + "\x00" + s.cache + "\x00" + s.key)
}

// written is the form of an item in Redis.
func (r *Redis) written(ctx context.Context, at slot, i item) ([]byte, error) {
	known, err := json.Marshal(meta{Until: i.until, Tags: i.tags})
	if err != nil {
		return nil, err //nolint:wrapcheck // it is counted
	}
	out := make([]byte, 0, 4+len(known)+len(i.value))
	out = binary.BigEndian.AppendUint32(out, uint32(len(known)))
	out = append(append(out, known...), i.value...)
	if r.config.Sealer == nil {
		return out, nil
	}
	return r.config.Sealer.SealFor(ctx, at.tenant, out, at.bound()) //nolint:wrapcheck // it is counted
}

var errNoItem = errors.New("it is not what was written")

// read returns what was written; whatever else is there is an error.
func (r *Redis) read(ctx context.Context, at slot, raw []byte) (item, error) {
	if r.config.Sealer != nil {
		var err error
		if raw, err = r.config.Sealer.Open(ctx, raw, at.bound()); err != nil {
			return item{}, err //nolint:wrapcheck // it is as if nothing were there
		}
	}
	if len(raw) < 4 {
		return item{}, errNoItem
	}
	n, raw := uint64(binary.BigEndian.Uint32(raw)), raw[4:]
	var known meta
	if n > uint64(len(raw)) || json.Unmarshal(raw[:n], &known) != nil {
		return item{}, errNoItem
	}
	return item{value: raw[n:], tags: known.Tags, until: known.Until}, nil
}
