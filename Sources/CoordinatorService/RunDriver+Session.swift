internal import GRPCCore
internal import Recipes
internal import Sequences
internal import Synchronization
internal import WireFormat

extension RunDriver {
  /// One session: waits for a student, does what the machine asks of it, until it is over, lost or broken.
  nonisolated func work(_ session: Int, attempt: Int, line: SessionLine, _ material: RunMaterial) async {
    await Self.first(of: [
      { for await _ in line.over {} },
      { await self.serve(session, attempt: attempt, line: line, material) },
    ])
  }

  /// Runs bodies at once until one returns; the others are cancelled and waited for.
  private static func first(of bodies: [@Sendable () async -> Void]) async {
    await withTaskGroup { group in
      for body in bodies { group.addTask { await body() } }
      await group.next()
      group.cancelAll()
    }
  }

  private nonisolated func serve(_ session: Int, attempt: Int, line: SessionLine, _ material: RunMaterial) async {
    guard (try? await dependencies.pauses.pause(afterFailures: attempt)) != nil,
      let grant = try? await dependencies.registry.acquire(
        for: record.runID, TrainerRegistry.Wish(material.recipe.training))
    else { return }
    inbox.yield(Post(event: .trainerRegistered(session: session)))
    let work = SessionWork(driver: self, session: session, grant: grant, material: material)
    // A group looks after its replicas itself.
    guard material.recipe.training.replicas == 1 else { return await work.run(line.effects) }
    await Self.first(of: [
      {
        await self.dependencies.registry.waitUntilEnded(grant.leaseID)
        if !Task.isCancelled { self.inbox.yield(Post(event: .trainerLost(session: session))) }
      },
      { await work.run(line.effects) },
    ])
    dependencies.registry.release(grant.leaseID)
  }
}
