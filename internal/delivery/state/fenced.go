package state

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// A kept state has the fence under which it was made in front of it, in a line that
// no JSON begins with: # and the number. One whose fence is not known has no line.
const fenceMark = '#'

func fenceLine(fence int64) string {
	if fence == 0 {
		return ""
	}
	return fmt.Sprintf("%c%d\n", fenceMark, fence)
}

// behindFence returns what comes after the line with the fence, if there is one.
func behindFence(raw io.Reader) (state io.Reader, fence int64, err error) {
	in := bufio.NewReader(raw)
	first, err := in.Peek(1)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, 0, err
	}
	if len(first) == 0 || first[0] != fenceMark {
		return in, 0, nil
	}
	line, err := in.ReadString('\n')
	if err != nil {
		return nil, 0, err
	}
	fence, err = strconv.ParseInt(strings.TrimSpace(line[1:]), 10, 64)
	return in, fence, err
}

// unfenced reads a kept state and closes what it comes from.
type unfenced struct {
	io.Reader
	io.Closer
}
