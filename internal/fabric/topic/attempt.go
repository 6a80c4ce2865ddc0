package topic

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/topic/broker"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// keepWithin bounds how long it takes to keep an attempt.
const keepWithin = 5 * time.Second

// attempts is what the attempts of a source are kept under.
func (from source) attempts() AttemptsOf {
	return AttemptsOf{Topic: from.topic, Subscription: from.sub.Name, Dead: from.dead}
}

// counted adds to deliveries the attempts that were kept of them: the broker has counted since
// its process began. An attempt that ended without an answer is kept once its event comes again.
func (s *Service) counted(ctx context.Context, from source, all []broker.Delivery) error {
	if len(all) == 0 {
		return nil
	}
	kept, err := s.Attempts.Attempts(ctx, from.attempts())
	if err != nil {
		return err
	}
	for i := range all {
		d := &all[i]
		before := kept[d.Position]
		d.Attempt = max(d.Attempt, before+1)
		if d.Attempt-1 > before {
			if err := s.Attempts.KeepAttempts(ctx, from.attempts(), d.Position, d.Attempt-1, s.Clock.Now()); err != nil {
				return err
			}
		}
	}
	return nil
}

// failed keeps that an attempt was in vain, also at the end of ctx: it has been made.
func (s *Service) failed(ctx context.Context, from source, at broker.Position, attempt int) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), keepWithin)
	defer cancel()
	return s.Attempts.KeepAttempts(ctx, from.attempts(), at, attempt, s.Clock.Now())
}

// done forgets the attempts of an event that is done with. Of a first one none are kept.
func (s *Service) done(ctx context.Context, from source, at broker.Position, attempt int) error {
	if attempt <= 1 {
		return nil
	}
	return s.Attempts.ForgetAttempts(ctx, from.attempts(), at)
}

// handed is an event that was pulled, as its token says: which attempt it was, where the event
// is, and the broker's own token.
type handed struct {
	attempt int
	at      broker.Position
	token   string
}

// token is what an event that is pulled is acknowledged by.
func (from source) token(d broker.Delivery) string {
	return strings.Join([]string{from.prefix + strconv.Itoa(d.Attempt), strconv.Itoa(d.Position.Partition), strconv.FormatUint(d.Position.Offset, 10), d.Token}, ".")
}

// read reads what token wrote, or what somebody made up.
func read(token string) (h handed, ok bool) {
	parts := strings.SplitN(token, ".", 5)
	if len(parts) < 5 {
		return h, false
	}
	var wrong [3]error
	h.attempt, wrong[0] = strconv.Atoi(parts[1])
	h.at.Partition, wrong[1] = strconv.Atoi(parts[2])
	h.at.Offset, wrong[2] = strconv.ParseUint(parts[3], 10, 63)
	h.token = parts[4]
	return h, wrong == [3]error{} && h.attempt > 0 && h.at.Partition >= 0
}

// own are those of tokens that are of this source.
func (from source) own(tokens []string) (own []handed) {
	for _, token := range tokens {
		if h, ok := read(token); ok && strings.HasPrefix(token, from.prefix) {
			h.attempt = min(h.attempt, from.sub.MaxDeliveries)
			own = append(own, h)
		}
	}
	return own
}

func brokerTokens(all []handed) []string {
	out := make([]string, len(all))
	for i, h := range all {
		out[i] = h.token
	}
	return out
}

func checkTokens(tokens []string) error {
	for _, token := range tokens {
		_, ok := read(token)
		if !ok || !strings.HasPrefix(token, livePrefix) && !strings.HasPrefix(token, againPrefx) {
			return kernel.Errorf(kernel.Invalid, "%.60q is no token of an event", token).WithFix("use those that a pull has answered with")
		}
	}
	return nil
}
