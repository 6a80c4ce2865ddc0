package arm

// Entry is one line of the activity log.
type Entry struct{}
