// Several clients that each add one job after the other for a time. The first tenth is not counted: there
// connections are opened and statements prepared.
export async function enqueue(clients, seconds, add) {
    const began = performance.now();
    const counted_from = began + seconds * 100;
    const ends = counted_from + seconds * 1000;
    let n = 0;
    let jobs = 0;
    const client = async () => {
        while (performance.now() < ends) {
            await add(++n);
            if (performance.now() >= counted_from) ++jobs;
        }
    };
    await Promise.all(Array.from({length: clients}, client));
    return {jobs, per_second: jobs * 1000 / (performance.now() - counted_from)};
}
