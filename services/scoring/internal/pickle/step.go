package pickle

import (
	"encoding/binary"
	"fmt"
	"math"
)

// step executes one opcode.
func (m *machine) step(op byte) error {
	switch op {
	case opProto, opFrame:
		return m.framing(op)

	case opMark:
		return m.mark()
	case opPop:
		return m.discard()
	case opPopMark:
		_, err := m.unmark()
		return err
	case opDup:
		v, err := m.top()
		if err != nil {
			return err
		}
		return m.again(v)

	case opPut, opBinPut, opLongBinPut, opMemoize, opGet, opBinGet, opLongBinGet:
		return m.remember(op)

	case opNone:
		return m.push(nil)
	case opNewTrue:
		return m.push(true)
	case opNewFalse:
		return m.push(false)
	case opInt, opBinInt, opBinInt1, opBinInt2, opLong, opLong1, opLong4, opFloat, opBinFloat:
		v, err := m.number(op)
		if err != nil {
			return err
		}
		return m.create(v, costNumber)

	case opString, opBinString, opShortBinString, opUnicode, opShortBinUnicode, opBinUnicode, opBinUnicode8:
		s, err := m.text(op)
		if err != nil {
			return err
		}
		return m.create(s, costValue+int64(len(s)))
	case opShortBinBytes:
		return m.bytes(1)
	case opBinBytes:
		return m.bytes(4)
	case opBinBytes8, opByteArray8:
		return m.bytes(8)

	case opEmptyTuple, opTuple, opTuple1, opTuple2, opTuple3:
		return m.tuple(op)
	case opEmptyList:
		return m.create(&List{}, costNode)
	case opEmptyDict:
		return m.create(&Dict{}, costNode)
	case opEmptySet:
		return m.create(&Set{}, costNode)
	case opList, opDict, opFrozenSet:
		return m.collect(op)
	case opAppend, opAppends, opAddItems:
		return m.extend(op)
	case opSetItem, opSetItems:
		return m.setItems(op)

	case opGlobal, opStackGlobal:
		return m.pushGlobal(op)
	case opReduce, opNewObj, opNewObjEx, opInst, opObj:
		return m.construct(op)
	case opBuild:
		return m.build()

	case opPersID, opBinPersID:
		return fmt.Errorf("the pickle refers to objects outside the file")
	case opExt1, opExt2, opExt4:
		return fmt.Errorf("the pickle refers to an extension registry, which lives outside the file")
	case opNextBuffer, opReadonlyBuffer:
		return fmt.Errorf("the pickle refers to out-of-band buffers, which lives outside the file")
	}
	return fmt.Errorf("this is not a pickle opcode: the file is damaged or no pickle")
}

// framing reads what structures the file and builds no value.
func (m *machine) framing(op byte) error {
	if op == opFrame {
		n, err := m.in.uint64()
		if err != nil {
			return err
		}
		return m.in.startFrame(n)
	}
	version, err := m.in.byte()
	if err != nil {
		return err
	}
	if version > 5 {
		return fmt.Errorf("pickle protocol %d; 0 to 5 are known", version)
	}
	if m.at != m.start {
		return fmt.Errorf("a protocol is declared in the middle of the pickle")
	}
	return nil
}

// discard pops a value, or a mark that nothing stands on.
func (m *machine) discard() error {
	if n := len(m.marks); n > 0 && m.marks[n-1] == len(m.stack) {
		m.marks = m.marks[:n-1]
		return nil
	}
	_, err := m.pop()
	return err
}

// remember moves values between the stack and the memo.
func (m *machine) remember(op byte) error {
	var index uint64
	switch op {
	case opMemoize:
		return m.memoize()
	case opBinPut, opBinGet:
		b, err := m.in.byte()
		if err != nil {
			return err
		}
		index = uint64(b)
	case opLongBinPut, opLongBinGet:
		n, err := m.in.uint32()
		if err != nil {
			return err
		}
		index = uint64(n)
	default:
		n, err := m.in.decimalIndex()
		if err != nil {
			return err
		}
		index = n
	}
	if op == opPut || op == opBinPut || op == opLongBinPut {
		return m.put(index)
	}
	return m.get(index)
}

// number reads an int or float: *big.Int only where int64 is too small.
func (m *machine) number(op byte) (Value, error) {
	switch op {
	case opBinInt1:
		b, err := m.in.byte()
		return int64(b), err
	case opBinInt2:
		n, err := m.in.uint16()
		return int64(n), err
	case opBinInt:
		n, err := m.in.uint32()
		return int64(int32(n)), err //nolint:gosec // two's complement is the format
	case opBinFloat:
		b, err := m.in.take(8)
		if err != nil {
			return nil, err
		}
		return math.Float64frombits(binary.BigEndian.Uint64(b)), nil
	case opLong1:
		b, err := m.in.counted(1)
		if err != nil {
			return nil, err
		}
		return m.long(b)
	case opLong4:
		n, err := m.in.uint32()
		if err != nil {
			return nil, err
		}
		if n > math.MaxInt32 {
			return nil, fmt.Errorf("the length %d is negative", int32(n)) //nolint:gosec // shown as the format means it
		}
		b, err := m.in.take(uint64(n))
		if err != nil {
			return nil, err
		}
		return m.long(b)
	}
	line, err := m.in.line()
	if err != nil {
		return nil, err
	}
	switch op {
	case opInt:
		return parseInt(line)
	case opLong:
		return parseLong(line)
	default:
		return parseFloat(line)
	}
}

// text reads a string. Strings of Python 2 must be ASCII, as for Python 3.
func (m *machine) text(op byte) (string, error) {
	var b []byte
	var err error
	switch op {
	case opString, opUnicode:
		if b, err = m.in.line(); err != nil {
			return "", err
		}
		if op == opString {
			return parseString(b)
		}
		return parseUnicode(b)
	case opBinString:
		n, err := m.in.uint32()
		if err != nil {
			return "", err
		}
		if n > math.MaxInt32 {
			return "", fmt.Errorf("the length %d is negative", int32(n)) //nolint:gosec // shown as the format means it
		}
		if b, err = m.in.take(uint64(n)); err != nil {
			return "", err
		}
		return ascii(b)
	case opShortBinString:
		if b, err = m.in.counted(1); err != nil {
			return "", err
		}
		return ascii(b)
	case opShortBinUnicode:
		b, err = m.in.counted(1)
	case opBinUnicode:
		b, err = m.in.counted(4)
	default:
		b, err = m.in.counted(8)
	}
	if err != nil {
		return "", err
	}
	return text(b)
}

// bytes pushes bytes that are shared with the file.
func (m *machine) bytes(width int) error {
	b, err := m.in.counted(width)
	if err != nil {
		return err
	}
	return m.create(Bytes(b), costValue)
}
