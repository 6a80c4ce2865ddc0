package kafkabroker

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/terrace-idp/terrace/internal/fabric/topic/broker"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// What a group has that its offsets say nothing of.
const (
	defaultAckWait     = 30 * time.Second
	defaultMaxInFlight = 1000
)

// note is what is kept of a group beside its offsets.
type note struct {
	Types       []string      `json:"types,omitempty"`
	AckWait     time.Duration `json:"ackWait"`
	MaxInFlight int           `json:"maxInFlight"`
}

func noteOf(g broker.Group) string {
	text, _ := json.Marshal(note{g.Types, g.AckWait, g.MaxInFlight}) // strings and numbers
	return string(text)
}

// EnsureGroup gives a new group its first offsets. The settings of one that is there
// hold at once here; other processes have them when they begin to fetch anew.
func (b *Broker) EnsureGroup(ctx context.Context, topic string, g broker.Group) error {
	id := groupID{topic, g.Name}
	ctx, cancel := context.WithTimeout(ctx, b.cluster.Timeout)
	defer cancel()
	ends, err := b.ends(ctx, topic)
	if err != nil {
		return failure(id.what(), err)
	}
	present, known, err := b.offsets(ctx, id)
	if err != nil {
		return failure(id.what(), err)
	}
	if known {
		before, err := b.settings(ctx, id)
		if err == nil && noteOf(before) == noteOf(g) && len(present) == len(ends) {
			return nil
		}
		for _, s := range b.take(topic, g.Name) {
			s.end()
		}
	}
	b.remember(id, g)
	first, err := b.start(ctx, topic, ends, g.From)
	if err != nil {
		return failure(id.what(), err)
	}
	for p, o := range present {
		first[p] = o
	}
	err = b.commit(ctx, id, first)
	if known && kindOf(err) == kernel.Conflict {
		return nil // others fetch: it is written with what they acknowledge next
	}
	return failure(id.what(), err)
}

// offsets are those that a group has committed; known is whether it has any.
func (b *Broker) offsets(ctx context.Context, id groupID) (all map[int32]uint64, known bool, err error) {
	committed, err := b.admin.FetchOffsetsForTopics(ctx, id.String(), id.topic)
	if err == nil {
		err = committed.Error()
	}
	if isOf(err, kerr.GroupIDNotFound) {
		return nil, false, nil
	}
	all = map[int32]uint64{}
	committed.Each(func(o kadm.OffsetResponse) {
		if o.Topic == id.topic && o.At >= 0 {
			all[o.Partition] = uint64(o.At)
		}
	})
	return all, len(all) > 0, err
}

// settings are the group's: as EnsureGroup said here, else as they were noted.
func (b *Broker) settings(ctx context.Context, id groupID) (broker.Group, error) {
	b.mu.Lock()
	g, ok := b.groups[id]
	b.mu.Unlock()
	if ok {
		return g, nil
	}
	committed, err := b.admin.FetchOffsetsForTopics(ctx, id.String(), id.topic)
	if err == nil {
		err = committed.Error()
	}
	if err != nil {
		return g, err
	}
	g, found := broker.Group{Name: id.group, AckWait: defaultAckWait, MaxInFlight: defaultMaxInFlight}, false
	committed.Each(func(o kadm.OffsetResponse) {
		var n note
		if o.Topic != id.topic || o.At < 0 {
			return
		}
		found = true
		if json.Unmarshal([]byte(o.Metadata), &n) == nil && n.AckWait > 0 && n.MaxInFlight > 0 {
			g.Types, g.AckWait, g.MaxInFlight = n.Types, n.AckWait, n.MaxInFlight
		}
	})
	if !found {
		return g, kernel.Errorf(kernel.NotFound, "there is no %s", id.what())
	}
	b.remember(id, g)
	return g, nil
}

func (b *Broker) remember(id groupID, g broker.Group) {
	g.Types = slices.Clone(g.Types)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.groups[id] = g
}

// start is where a place lies in each partition. A position is in one of them: the
// others begin with their oldest message.
func (b *Broker) start(ctx context.Context, topic string, ends map[int32]broker.Ends, s broker.Start) (map[int32]uint64, error) {
	all := map[int32]uint64{}
	for p, e := range ends {
		all[p] = e.First
		if s.New && s.At == nil && s.Time.IsZero() {
			all[p] = e.Next
		}
	}
	switch {
	case s.At != nil:
		if e, ok := ends[int32(s.At.Partition)]; ok {
			all[int32(s.At.Partition)] = min(max(s.At.Offset, e.First), e.Next)
		}
	case !s.Time.IsZero():
		listed, err := b.admin.ListOffsetsAfterMilli(ctx, s.Time.UnixMilli(), topic)
		if err == nil {
			err = listed.Error()
		}
		if err != nil {
			return nil, err
		}
		listed.Each(func(o kadm.ListedOffset) { all[o.Partition] = uint64(max(o.Offset, 0)) })
	}
	return all, nil
}

// commit moves a group's offsets while nobody fetches for it.
func (b *Broker) commit(ctx context.Context, id groupID, offsets map[int32]uint64) error {
	g, err := b.settings(ctx, id)
	if err != nil {
		return err
	}
	var all kadm.Offsets
	for p, o := range offsets {
		all.Add(kadm.Offset{Topic: id.topic, Partition: p, At: int64(o), LeaderEpoch: -1, Metadata: noteOf(g)})
	}
	return b.admin.CommitAllOffsets(ctx, id.String(), all)
}

// RemoveGroup forgets a group.
func (b *Broker) RemoveGroup(ctx context.Context, topic, group string) error {
	id := groupID{topic, group}
	for _, s := range b.take(topic, group) {
		s.end()
	}
	b.mu.Lock()
	delete(b.groups, id)
	b.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, b.cluster.Timeout)
	defer cancel()
	removed, err := b.admin.DeleteGroup(ctx, id.String())
	if err == nil {
		err = removed.Err
	}
	if isOf(err, kerr.GroupIDNotFound) {
		return nil
	}
	return failure(id.what(), err)
}

// Seek moves the group's offsets. A position moves its partition alone.
func (b *Broker) Seek(ctx context.Context, topic, group string, to broker.Start) error {
	id := groupID{topic, group}
	ctx, cancel := context.WithTimeout(ctx, b.cluster.Timeout)
	defer cancel()
	if _, err := b.settings(ctx, id); err != nil {
		return failure(id.what(), err)
	}
	ends, err := b.ends(ctx, topic)
	if err != nil {
		return failure(id.what(), err)
	}
	offsets, err := b.start(ctx, topic, ends, to)
	if err != nil {
		return failure(id.what(), err)
	}
	if to.At != nil {
		offsets = map[int32]uint64{int32(to.At.Partition): offsets[int32(to.At.Partition)]}
	}
	for _, s := range b.take(topic, group) {
		s.end()
	}
	err = b.commit(ctx, id, offsets)
	if err != nil && kindOf(err) == kernel.Conflict {
		return kernel.Errorf(kernel.Conflict, "%s cannot be moved while others fetch for it: %w", id.what(), err).
			WithFix("end the other consumers of the group %s first", id)
	}
	return failure(id.what(), err)
}

// Lag counts from the group's offsets to the ends, less what is in hand here.
func (b *Broker) Lag(ctx context.Context, topic, group string) (broker.Lag, error) {
	id := groupID{topic, group}
	ctx, cancel := context.WithTimeout(ctx, b.cluster.Timeout)
	defer cancel()
	committed, known, err := b.offsets(ctx, id)
	if err == nil && !known {
		err = kernel.Errorf(kernel.NotFound, "there is no %s", id.what())
	}
	if err != nil {
		return broker.Lag{}, failure(id.what(), err)
	}
	ends, err := b.ends(ctx, topic)
	if err != nil {
		return broker.Lag{}, failure(id.what(), err)
	}
	s, lag, behind := b.session(id), broker.Lag{}, map[int32]uint64{}
	for p, e := range ends {
		at := max(committed[p], e.First)
		if at < e.Next {
			behind[p] = at
		}
		if s != nil {
			at = s.taken(p, at)
		}
		lag.Pending += e.Next - min(at, e.Next)
	}
	if s != nil {
		fresh, c := s.window.Fresh(), s.window.Counts()
		lag.Pending += uint64(fresh)
		lag.InFlight = uint64(c.Held + c.Out - fresh)
	}
	if lag.Pending+lag.InFlight == 0 || len(behind) == 0 {
		return lag, nil
	}
	lag.Oldest, err = b.oldest(ctx, topic, behind)
	return lag, failure(id.what(), err)
}

// oldest is the time of the oldest of the messages at the offsets.
func (b *Broker) oldest(ctx context.Context, topic string, at map[int32]uint64) (time.Time, error) {
	var oldest time.Time
	seen := map[int32]bool{}
	err := b.scan(ctx, topic, at, func(r *kgo.Record) bool {
		if !seen[r.Partition] && (oldest.IsZero() || r.Timestamp.Before(oldest)) {
			oldest = r.Timestamp.UTC()
		}
		seen[r.Partition] = true
		return len(seen) < len(at)
	})
	return oldest, err
}
