package command

import (
	"fmt"
	"math"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/cli/exit"
)

// Positive has c refuse what is given to flags with numbers where it is not above
// nothing, or no number at all: the server would take its own in their place.
func Positive(c *cobra.Command, names ...string) {
	c.PreRunE = func(c *cobra.Command, _ []string) error {
		for _, name := range names {
			text := c.Flag(name).Value.String()
			if v, err := strconv.ParseFloat(text, 64); err != nil || !(v > 0) || math.IsInf(v, 0) {
				return &exit.UsageError{Err: fmt.Errorf("--%s is %s, and has to be a number above 0", name, text), Command: c.CommandPath()}
			}
		}
		return nil
	}
}
