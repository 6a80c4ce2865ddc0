package lifetimeapi

import (
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

func parse(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if err != nil {
		return 0, kernel.Errorf(kernel.Invalid, "%q is no duration", text).WithFix("write it as 48h or 90m")
	}
	return d, nil
}
