package subscription

import (
	"time"

	"github.com/terrace-idp/terrace/internal/platform/webhook"
)

// Rejection is a sink's refusal of one event: another may be taken.
type Rejection = webhook.Rejection

// Busy is a sink's wish to be asked again later.
type Busy = webhook.Busy

// Denial is a sink's refusal of whoever sends, or of where it is sent to: no event is
// taken until somebody has changed the sink's permissions or the subscription.
type Denial struct{ Message string }

// Error returns what the sink said.
func (d *Denial) Error() string { return d.Message }

// pause returns how long to wait after a number of attempts that failed.
func (s *Service) pause(attempts int, err error) time.Duration {
	return webhook.Pause(attempts, err, s.FirstPause, s.MaxPause)
}
