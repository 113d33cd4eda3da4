// Loaded before a process: its clock of the day jumps by an hour, there and back, every 700 ms.
const now = Date.now.bind(Date);
Date.now = () => now() + 3_600_000 * (Math.floor(now() / 700) % 2);
