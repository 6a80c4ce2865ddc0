package db

// Waiting returns how many wait for a turn to write, and to read.
func (d *DB) Waiting() (toWrite, toRead int) { return d.writing.waits(), d.reading.waits() }
