package authn

import (
	"context"
	"slices"
	"time"
)

// Shared is what replicas of the gateway tell each other: words that were used, and
// sessions that have ended. Without it each knows its own.
type Shared interface {
	// First keeps a word until a time, and tells that nobody had.
	First(ctx context.Context, word string, until time.Time) (bool, error)
	// Keep keeps a word until a time, whatever was known of it.
	Keep(ctx context.Context, word string, until time.Time) error
	// Until returns until when each word is kept; the zero time is not at all.
	Until(ctx context.Context, words []string) ([]time.Time, error)
}

const (
	// shareTimeout bounds how long a sign-in waits for the other replicas.
	shareTimeout = 500 * time.Millisecond
	// askEvery is how often it is asked of a session that is in use whether another
	// replica has ended it.
	askEvery = 5 * time.Second
)

// first keeps a word that holds once, here and in all replicas; where they cannot be
// asked, here.
func (k *Kind) first(ctx context.Context, word string, now, until time.Time) bool {
	if !k.states.first(word, now, until) {
		return false
	}
	if k.Shared == nil {
		return true
	}
	ctx, cancel := context.WithTimeout(ctx, shareTimeout)
	defer cancel()
	mine, err := k.Shared.First(ctx, "once\x00"+word, until)
	if err != nil {
		k.Log.WarnContext(ctx, "it is not known whether another replica has taken a sign-in: it is taken", "error", err)
		return true
	}
	return mine
}

// finish remembers that what a word stands for has ended, and tells the others.
func (k *Kind) finish(word string, now, until time.Time) {
	k.ended.keep(word, now, until)
	if k.Shared == nil {
		return
	}
	k.background(askTimeout, func(ctx context.Context) {
		if err := k.Shared.Keep(ctx, "ended\x00"+word, until); err != nil {
			k.Log.WarnContext(ctx, "other replicas are not told that a session has ended", "error", err)
		}
	})
}

// hear asks the other replicas about a session that is in use, beside its requests.
func (k *Kind) hear(p *proven, now time.Time) {
	if k.Shared == nil {
		return
	}
	asked := p.asked.Load()
	if now.UnixNano()-asked < int64(askEvery) || !p.asked.CompareAndSwap(asked, now.UnixNano()) {
		return
	}
	words := slices.DeleteFunc(slices.Clone(p.words[:]), func(word string) bool { return word == "" })
	keys := make([]string, len(words))
	for i, word := range words {
		keys[i] = "ended\x00" + word
	}
	k.background(shareTimeout, func(ctx context.Context) {
		ends, err := k.Shared.Until(ctx, keys)
		if err != nil {
			k.Log.DebugContext(ctx, "other replicas cannot be asked about a session", "error", err)
			return
		}
		for i, end := range ends {
			if end.After(now) {
				k.ended.keep(words[i], now, end)
			}
		}
	})
}
