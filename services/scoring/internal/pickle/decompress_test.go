package pickle

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"runtime"
	"testing"
)

// What expands to much is counted before it is held: a bomb takes no more than
// what any file may have, and a large model no more than its size.
func TestExpandHoldsNoMoreThanItMust(t *testing.T) {
	if testing.Short() {
		t.Skip("measures memory, of which the race detector takes more")
	}
	const size = freeBytes + 8<<20
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := w.Write(make([]byte, size)); err != nil || w.Close() != nil {
		t.Fatal(err)
	}
	open := func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) }

	plain, err := expand(packed.Bytes(), size, open)
	if err != nil || len(plain) != size || cap(plain) > size+size/16 {
		t.Errorf("%d bytes in %d, %v; want %d", len(plain), cap(plain), err, size)
	}

	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	plain, err = expand(packed.Bytes(), size-1, open)
	runtime.ReadMemStats(&after)
	if err == nil || err.Error() != errTooLarge(size-1).Error() || len(plain) != 0 {
		t.Errorf("a byte too many: %v", err)
	}
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 6*freeBytes { // a buffer that doubles, up to freeBytes
		t.Errorf("allocated %d MiB", grown>>20)
	}

	if _, err = expand(packed.Bytes()[:packed.Len()-9], size, open); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("cut off: %v", err)
	}
}
