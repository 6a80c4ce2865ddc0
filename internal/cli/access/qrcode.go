package access

import (
	"image"
	"strings"

	"github.com/boombuler/barcode/qr"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// quiet is the light border that a QR code needs, in modules (ISO/IEC 18004 §5.3.8 wants
// four; readers of screens take two).
const quiet = 2

// qrCode draws a text as a QR code for a terminal: a character is two modules, one above
// the other, and light ones are drawn, for most terminals are dark.
func qrCode(text string) (string, error) {
	code, err := qr.Encode(text, qr.L, qr.Auto)
	if err != nil {
		return "", kernel.Errorf(kernel.Internal, "draw a QR code: %w", err)
	}
	size := code.Bounds().Dx()
	light := func(x, y int) bool {
		if !(image.Point{X: x, Y: y}).In(code.Bounds()) {
			return true
		}
		r, _, _, _ := code.At(x, y).RGBA()
		return r > 0
	}
	var b strings.Builder
	for y := -quiet; y < size+quiet; y += 2 {
		for x := -quiet; x < size+quiet; x++ {
			b.WriteString(half(light(x, y), light(x, y+1)))
		}
		b.WriteByte('\n')
	}
	return b.String(), nil
}

func half(upper, lower bool) string {
	switch {
	case upper && lower:
		return "█"
	case upper:
		return "▀"
	case lower:
		return "▄"
	default:
		return " "
	}
}
