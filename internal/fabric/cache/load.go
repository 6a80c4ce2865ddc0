package cache

import (
	"context"
	"fmt"
	"strconv"
	"time"
)

// patienceOfLoad bounds a load, whose first caller may have gone.
const patienceOfLoad = time.Minute

// Load returns what is kept under a key, else what load returns, which is kept.
// Loads of one key that come at once are one; each caller waits for it as long
// as its own context lasts.
func (c *Cache[V]) Load(ctx context.Context, key string, load func(ctx context.Context) (Entry[V], error)) (V, error) {
	if e, ok := c.Get(ctx, key); ok {
		return e.Value, nil
	}
	mark := c.Mark()
	return c.fly(ctx, key, func(ctx context.Context) (V, error) {
		if e, ok := c.memory.GetIfPresent(key); ok && c.clock.Now().Before(e.Until) { // of a load that ended just now
			return e.Value, nil
		}
		e, err := load(ctx)
		if err == nil {
			c.Set(mark, key, e)
		}
		return e.Value, err
	})
}

// fly has load called once for all that want a key at once and know of the same purges:
// who has seen one does not get what was read before it.
func (c *Cache[V]) fly(ctx context.Context, key string, load func(ctx context.Context) (V, error)) (v V, err error) {
	loaded := c.loads.DoChan(key+"\n"+strconv.FormatUint(uint64(c.Mark()), 10), func() (v any, err error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patienceOfLoad)
		defer cancel()
		defer func() {
			if r := recover(); r != nil { // else it would end the process: nobody else is above it
				err = fmt.Errorf("load for the cache %s: panic: %v", c.config.Label, r)
			}
		}()
		c.counts.load()
		return load(ctx)
	})
	select {
	case <-ctx.Done():
		return v, ctx.Err()
	case r := <-loaded:
		v, _ = r.Val.(V)
		return v, r.Err
	}
}
