package payloadfile

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// Most of what the headers of a file may announce: the decoder makes room for
// it before it sees whether it comes.
const (
	maxPageBytes  = 64 << 20 // once decompressed
	maxPageValues = 8 << 20
	maxPages      = 1 << 20 // of a column in a row group
	maxHeader     = 64 << 10
	maxFooter     = 64 << 20
)

// checkFooter holds the length of the metadata at the end of the file to what
// is there.
func checkFooter(file io.ReaderAt, size int64) error {
	var end [8]byte
	if _, err := file.ReadAt(end[:], size-int64(len(end))); err != nil {
		return fmt.Errorf("it is not a Parquet file, or a damaged one: %w", err)
	}
	if n := int64(binary.LittleEndian.Uint32(end[:])); n > size-int64(len(end)) || n > maxFooter {
		return fmt.Errorf("it is not a Parquet file, or a damaged one: its metadata is %d bytes of %d", n, size)
	}
	return nil
}

// checkPages holds what a file announces to limits, before anything is
// decoded. Compressions other than the writer's are not read.
func checkPages(file io.ReaderAt, size int64, meta *format.FileMetaData) error {
	for g := range meta.RowGroups {
		for c := range meta.RowGroups[g].Columns {
			column := &meta.RowGroups[g].Columns[c].MetaData
			if column.Codec != format.Snappy {
				return fmt.Errorf("row group %d, column %d: it is compressed with %v; expected %v", g, c, column.Codec, format.Snappy)
			}
			if err := checkColumn(file, size, column); err != nil {
				return fmt.Errorf("row group %d, column %d: %w", g, c, err)
			}
		}
	}
	return nil
}

var errOutside = errors.New("it is damaged: its pages are not in the file")

func checkColumn(file io.ReaderAt, size int64, column *format.ColumnMetaData) error {
	start, length := column.DataPageOffset, column.TotalCompressedSize
	if d := column.DictionaryPageOffset; d > 0 {
		start = min(start, d)
	}
	if start < 0 || length < 0 || start > size || length > size-start {
		return errOutside
	}
	pages := bufio.NewReaderSize(io.NewSectionReader(file, start, length), maxHeader)
	var protocol thrift.CompactProtocol
	for n := 0; ; n++ {
		announced, err := pages.Peek(maxHeader)
		if len(announced) == 0 {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		h := format.PageHeader{}
		header := protocol.NewReaderFromBytes(announced)
		if err := thrift.NewDecoder(header).Decode(&h); err != nil {
			return fmt.Errorf("it is damaged: page %d: %w", n, err)
		}
		values := max(h.DataPageHeader.V.NumValues, h.DataPageHeaderV2.V.NumValues, h.DataPageHeaderV2.V.NumRows, h.DictionaryPageHeader.V.NumValues)
		if h.UncompressedPageSize > maxPageBytes || values > maxPageValues || n == maxPages {
			return fmt.Errorf("page %d has %d bytes and %d values; at most %d pages of %d bytes and %d values are read",
				n, h.UncompressedPageSize, values, maxPages, maxPageBytes, maxPageValues)
		}
		if h.CompressedPageSize < 0 {
			return errOutside
		}
		if _, err := pages.Discard(header.BytesRead() + int(h.CompressedPageSize)); err != nil {
			return errOutside
		}
	}
}
